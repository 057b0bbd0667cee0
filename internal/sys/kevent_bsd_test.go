//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestKeventTranslation(t *testing.T) {
	var list keventList
	for _, want := range []Kevent{
		{Ident: 7, Filter: EVFILT_READ, Flags: EV_ADD | EV_CLEAR, Udata: 1<<31 | 1},
		{Ident: 8, Filter: EVFILT_WRITE, Flags: EV_EOF, Fflags: 54, Data: -1},
	} {
		raw := list.resize(3)
		var got Kevent
		if e := putKevent(&raw[2], &want); e != 0 {
			t.Fatal(e)
		}
		if getKevent(&got, &raw[2]); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if e := putKevent(&list.resize(1)[0], &Kevent{Filter: 77}); e != unix.EINVAL {
		t.Errorf("an unknown filter: %v", e)
	}
}

func TestKeventReceipts(t *testing.T) {
	h := NewHost()
	kq, e := h.Kqueue()
	if e != 0 {
		t.Fatal(e)
	}
	defer h.Close(kq)
	r, w, e := h.Pipe()
	if e != 0 {
		t.Fatal(e)
	}
	defer h.Close(r)
	defer h.Close(w)
	changes := []Kevent{
		{Ident: uint64(r), Filter: EVFILT_READ, Flags: EV_ADD | EV_RECEIPT},
		{Ident: uint64(w), Filter: EVFILT_READ, Flags: EV_DELETE | EV_RECEIPT},
	}
	results := make([]Kevent, 2)
	n, e := h.Kevent(kq, changes, results, 0)
	if n != 2 || e != 0 {
		t.Fatalf("%d receipts, %v", n, e)
	}
	for i, want := range []Errno{0, unix.ENOENT} {
		if r := results[i]; r.Flags&EV_ERROR == 0 || Errno(r.Data) != want {
			t.Errorf("receipt %d: %+v, want errno %d", i, r, want)
		}
	}
}
