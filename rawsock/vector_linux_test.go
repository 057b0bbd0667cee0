package rawsock_test

import (
	"bytes"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func TestWritevReadv(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	for _, count := range []int{1, 3, 16, 17, 1024} {
		out, in := make([][]byte, count), make([][]byte, count)
		for i := range out {
			out[i], in[i] = []byte{byte(i), byte(i >> 8)}, make([]byte, 2)
		}
		if n, err := a.Writev(out); n != 2*count || err != nil {
			t.Fatalf("writev of %d buffers: %d, %v", count, n, err)
		}
		if n, err := b.Readv(in); n != 2*count || err != nil {
			t.Fatalf("readv of %d buffers: %d, %v", count, n, err)
		}
		if !bytes.Equal(bytes.Join(in, nil), bytes.Join(out, nil)) {
			t.Errorf("%d buffers came as %v", count, in)
		}
	}
}

// A stream that is full takes part of the buffers, and the count says so.
func TestWritevIsPartial(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	check(t, a.SetNonblock(true))
	part := make([]byte, 300_000)
	n, err := a.Writev([][]byte{part, part, part})
	if err != nil || n == 0 || n == 3*len(part) {
		t.Fatalf("writev: %d of %d, %v; want a part", n, 3*len(part), err)
	}
	_, err = a.Writev([][]byte{part})
	wantErrno(t, err, unix.EAGAIN)
	got, total := make([]byte, 1<<16), 0
	for total < n {
		m, err := b.Readv([][]byte{got[:1], got[1:]})
		if m == 0 || err != nil {
			t.Fatalf("readv after %d of %d: %d, %v", total, n, m, err)
		}
		total += m
	}
}

// The kernel takes UIO_MAXIOV buffers, and no call cuts them silently.
func TestTooManyBuffers(t *testing.T) {
	a, _ := pair(t, unix.SOCK_STREAM)
	many := make([][]byte, 1025)
	m := &rawsock.Msghdr{Buffers: many}
	_, err := a.Sendmsg(m, 0)
	wantErrno(t, err, unix.EMSGSIZE)
	_, err = a.Recvmsg(m, unix.MSG_DONTWAIT)
	wantErrno(t, err, unix.EMSGSIZE)
	_, err = a.Writev(many)
	wantErrno(t, err, unix.EINVAL)
	_, err = a.Readv(many)
	wantErrno(t, err, unix.EINVAL)
}

func TestVectorOfNothing(t *testing.T) {
	a, _ := pair(t, unix.SOCK_STREAM)
	for _, buffers := range [][][]byte{nil, {}, {nil}, {{}, nil}} {
		if n, err := a.Writev(buffers); n != 0 || err != nil {
			t.Errorf("writev(%v): %d, %v", buffers, n, err)
		}
		if n, err := a.Readv(buffers); n != 0 || err != nil {
			t.Errorf("readv(%v): %d, %v", buffers, n, err)
		}
	}
}
