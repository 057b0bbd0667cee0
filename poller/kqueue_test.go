package poller_test

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller"
)

// scriptedKernel answers kevent(2) with what a test wrote down: what kernels do
// according to their manual pages and no socket here can be made to do.
type scriptedKernel struct {
	sys.Kernel
	noUser  bool
	refuse  map[sys.Kevent]sys.Errno // changes, without data, by errno
	changes []sys.Kevent             // submitted since the test last looked
	events  []sys.Kevent             // for the next wait
}

const wakeIdent = 900 // the pipe's reading end

func (k *scriptedKernel) Kqueue() (int, sys.Errno)          { return 3, 0 }
func (k *scriptedKernel) Close(int) sys.Errno               { return 0 }
func (k *scriptedKernel) Eventfd() (int, sys.Errno)         { return -1, unix.ENOSYS }
func (k *scriptedKernel) Pipe() (r, w int, e sys.Errno)     { return wakeIdent, wakeIdent + 1, 0 }
func (k *scriptedKernel) Read(int, []byte) (int, sys.Errno) { return 1, 0 }

func (k *scriptedKernel) Kevent(_ int, changes, events []sys.Kevent, _ int64) (int, sys.Errno) {
	if len(changes) == 0 {
		n := copy(events, k.events)
		k.events = nil
		return n, 0
	}
	for i, c := range changes {
		k.changes = append(k.changes, c)
		if c.Flags&sys.EV_RECEIPT == 0 || len(events) < len(changes) {
			return 0, unix.EFAULT // the poller could not tell which change failed
		}
		errno := k.refuse[sys.Kevent{Ident: c.Ident, Filter: c.Filter, Flags: c.Flags &^ sys.EV_RECEIPT}]
		if c.Filter == sys.EVFILT_USER && k.noUser {
			errno = unix.EINVAL
		}
		events[i] = c
		events[i].Flags, events[i].Data = sys.EV_ERROR, int64(errno)
	}
	return len(changes), 0
}

// submitted returns the changes since the last call, without EV_RECEIPT.
func (k *scriptedKernel) submitted() []sys.Kevent {
	changes := k.changes
	k.changes = nil
	for i := range changes {
		changes[i].Flags &^= sys.EV_RECEIPT
	}
	return changes
}

func newScripted(t *testing.T, noUser bool) (*scriptedKernel, poller.Poller) {
	t.Helper()
	k := &scriptedKernel{noUser: noUser}
	p, err := poller.NewKernel(k, poller.Kqueue)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	k.submitted()
	return k, p
}

func knoteOf(fd uint64, filter int16, flags uint16) sys.Kevent {
	return sys.Kevent{Ident: fd, Filter: filter, Flags: flags}
}

type (
	kv []sys.Kevent
	ev []poller.Event
)

const (
	fRead, fWrite = sys.EVFILT_READ, sys.EVFILT_WRITE
	fEOF          = sys.EV_EOF
	fReset        = uint32(unix.ECONNRESET)
)

// kqueueEvents: what one batch of kevents means for descriptor 5, registered
// for both directions with token 50, and 6, for reading with token 60.
var kqueueEvents = []struct {
	name   string
	events kv
	want   ev
}{
	{"N/data", kv{{Ident: 5, Filter: fRead, Data: 9}},
		ev{{50, poller.Readable}}},
	{"N/eof_with_data_pending", kv{{Ident: 5, Filter: fRead, Flags: fEOF, Data: 9}},
		ev{{50, poller.Readable | poller.ReadClosed}}},
	{"N/eof_alone", kv{{Ident: 5, Filter: fRead, Flags: fEOF}},
		ev{{50, poller.Readable | poller.ReadClosed}}},
	{"N/eof_with_error", kv{{Ident: 5, Filter: fRead, Flags: fEOF, Fflags: fReset, Data: 9}},
		ev{{50, poller.Readable | poller.ReadClosed | poller.Failed}}},
	{"N/write_eof_is_hangup", kv{{Ident: 5, Filter: fWrite, Flags: fEOF}},
		ev{{50, poller.Writable | poller.Hangup}}},
	{"N/write_eof_with_error", kv{{Ident: 5, Filter: fWrite, Flags: fEOF, Fflags: fReset}},
		ev{{50, poller.Writable | poller.Hangup | poller.Failed}}},
	{"N/error_entry", kv{{Ident: 5, Filter: fRead, Flags: sys.EV_ERROR, Data: int64(unix.EBADF)}},
		ev{{50, poller.Readable | poller.Failed}}},
	{"N/filters_of_one_descriptor_apart_in_the_batch",
		kv{{Ident: 5, Filter: fWrite}, {Ident: 6, Filter: fRead}, {Filter: sys.EVFILT_USER}, {Ident: 5, Filter: fRead}},
		ev{{50, poller.Readable | poller.Writable}, {60, poller.Readable}}},
	{"N/unknown_descriptor", kv{{Ident: 1 << 40, Filter: fRead}, {Ident: 4, Filter: fRead}, {Ident: 5, Filter: fRead}},
		ev{{50, poller.Readable}}},
	{"N/filter_not_asked_for", kv{{Ident: 6, Filter: fWrite}}, nil},
	{"N/wake_alone", kv{{Filter: sys.EVFILT_USER}}, nil},
}

func TestKqueueEvents(t *testing.T) {
	for _, c := range kqueueEvents {
		t.Run(c.name, func(t *testing.T) {
			k, p := newScripted(t, false)
			if err := p.Add(5, 50, rd|wr, poller.Level); err != nil {
				t.Fatal(err)
			}
			if err := p.Add(6, 60, rd, poller.Level); err != nil {
				t.Fatal(err)
			}
			k.events = c.events
			events := make([]poller.Event, 8)
			n, err := p.Wait(events, time.Second)
			if err != nil || !slices.Equal(events[:n], c.want) {
				t.Errorf("got %v, %v, want %v", show(events[:n]), err, show(c.want))
			}
			if n, err := p.Wait(events, 0); n != 0 || err != nil {
				t.Errorf("the next wait got %v, %v", show(events[:n]), err)
			}
		})
	}
}

func TestKqueueChanges(t *testing.T) {
	const add, del = sys.EV_ADD, sys.EV_DELETE
	k, p := newScripted(t, false)
	check := func(call string, err, wantErr error, want ...sys.Kevent) {
		t.Helper()
		if err != wantErr {
			t.Errorf("%s: %v, want %v", call, err, wantErr)
		}
		if got := k.submitted(); !slices.Equal(got, want) {
			t.Errorf("%s submitted\n%+v, want\n%+v", call, got, want)
		}
	}
	read := func(flags uint16) sys.Kevent { return knoteOf(5, sys.EVFILT_READ, flags) }
	write := func(flags uint16) sys.Kevent { return knoteOf(5, sys.EVFILT_WRITE, flags) }

	check("Add Level", p.Add(5, 1, rd|wr, poller.Level), nil, read(add), write(add))
	check("Modify to Edge", p.Modify(5, 1, rd|poller.Priority, poller.Edge), nil,
		read(del), write(del), read(add|sys.EV_CLEAR))
	check("Modify to OneShot", p.Modify(5, 1, wr, poller.OneShot), nil, read(del), write(add|sys.EV_ONESHOT))

	k.refuse = map[sys.Kevent]sys.Errno{write(del): unix.ENOENT}
	check("Remove of a knote that is gone", p.Remove(5), nil, write(del))

	k.refuse = map[sys.Kevent]sys.Errno{write(add): unix.ENOMEM}
	check("Add that half succeeds", p.Add(5, 1, rd|wr, poller.Level), unix.ENOMEM,
		read(add), write(add), read(del), write(del))
	check("Add of less", p.Add(5, 1, rd, poller.Level), nil, read(add))
	check("Modify that fails", p.Modify(5, 1, wr, poller.Level), unix.ENOMEM, read(del), write(add))
	k.refuse = map[sys.Kevent]sys.Errno{read(del): unix.ENOENT, write(del): unix.EBADF}
	check("Remove after it, of a closed descriptor", p.Remove(5), unix.EBADF, read(del), write(del))
	check("Remove again", p.Remove(5), unix.ENOENT)
}

func TestKqueueOneShotEndsTheOtherFilter(t *testing.T) {
	k, p := newScripted(t, false)
	if err := p.Add(5, 1, rd|wr, poller.OneShot); err != nil {
		t.Fatal(err)
	}
	k.submitted()
	k.events = []sys.Kevent{{Ident: 5, Filter: sys.EVFILT_READ}}
	events := make([]poller.Event, 4)
	if n, err := p.Wait(events, 0); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if got, want := k.submitted(), []sys.Kevent{knoteOf(5, sys.EVFILT_WRITE, sys.EV_DELETE)}; !slices.Equal(got, want) {
		t.Errorf("submitted %+v, want %+v", got, want)
	}
	// Should it fire all the same, it is nobody's.
	k.events = []sys.Kevent{{Ident: 5, Filter: sys.EVFILT_WRITE}}
	if n, err := p.Wait(events, 0); n != 0 || err != nil {
		t.Errorf("got %v, %v", show(events[:n]), err)
	}
}

func TestKqueueWakesByPipeWithoutEvfiltUser(t *testing.T) {
	k := &scriptedKernel{noUser: true}
	p, err := poller.NewKernel(k, poller.Kqueue)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	got := k.submitted()
	if want := knoteOf(wakeIdent, sys.EVFILT_READ, sys.EV_ADD); len(got) != 2 || got[1] != want {
		t.Errorf("submitted %+v, want %+v after EVFILT_USER", got, want)
	}
	k.events = []sys.Kevent{{Ident: wakeIdent, Filter: sys.EVFILT_READ, Data: 1}}
	if n, err := p.Wait(make([]poller.Event, 1), 0); n != 0 || err != nil {
		t.Errorf("%d events of a wake, %v", n, err)
	}
}
