package rawsock_test

import (
	"errors"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// sendPipe sends the reading end of a pipe n times and returns the other end.
func sendPipe(t *testing.T, via rawsock.FD, n int) (writer rawsock.FD) {
	t.Helper()
	var p [2]int
	check(t, unix.Pipe(p[:]))
	defer unix.Close(p[0])
	t.Cleanup(func() { unix.Close(p[1]) })
	sent, err := via.SendFds([]byte("ends"), slices.Repeat([]rawsock.FD{rawsock.FD(p[0])}, n), 0, rawsock.Sockaddr{})
	if err != nil || sent != 4 {
		t.Fatalf("%d, %v", sent, err)
	}
	return rawsock.FD(p[1])
}

// D7, D8, D18: a descriptor that is received is the same open file.
func TestSendFdsRecvFds(t *testing.T) {
	for name, typ := range map[string]int{"stream": unix.SOCK_STREAM, "dgram": unix.SOCK_DGRAM} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t, typ)
			writer := sendPipe(t, a, 3)
			var room [5]rawsock.FD
			buf := make([]byte, 10)
			n, fds, flags, from, err := b.RecvFds(buf, room[:], 0)
			check(t, err)
			if string(buf[:n]) != "ends" || len(fds) != 3 || flags&^unix.MSG_EOR != 0 || from.Len() > 2 {
				t.Fatalf("%q, %v, flags %#x, from %v", buf[:n], fds, flags, from)
			}
			if &fds[0] != &room[0] {
				t.Error("the descriptors are not in the caller's memory")
			}
			for i, fd := range fds {
				_, err := writer.Write([]byte{byte(i)})
				check(t, err)
				n, err := fd.Read(buf)
				if n != 1 || buf[0] != byte(i) || err != nil {
					t.Errorf("descriptor %d: %d, % x, %v", i, n, buf[:n], err)
				}
				check(t, fd.Close())
			}
		})
	}
}

// More descriptors than asked for are closed, and it is told.
func TestRecvFdsClosesWhatDidNotFit(t *testing.T) {
	for _, c := range []struct{ sent, room int }{{2, 1}, {4, 3}, {3, 2}, {1, 0}} {
		a, b := pair(t, unix.SOCK_STREAM)
		sendPipe(t, a, c.sent)
		before := sockettest.OpenFDs(t)
		buf := make([]byte, 10)
		n, fds, flags, _, err := b.RecvFds(buf, make([]rawsock.FD, c.room), 0)
		if !errors.Is(err, rawsock.ErrRightsTruncated) || len(fds) != 0 || flags&unix.MSG_CTRUNC == 0 || string(buf[:n]) != "ends" {
			t.Errorf("%d of %d: %q, %v, flags %#x, %v", c.room, c.sent, buf[:n], fds, flags, err)
		}
		if after := sockettest.OpenFDs(t); after != before {
			t.Errorf("%d of %d: %d descriptors open, %d before", c.room, c.sent, after, before)
		}
	}
}

func TestRecvFdsWithoutAny(t *testing.T) {
	a, b := pair(t, unix.SOCK_DGRAM)
	_, err := a.SendFds([]byte("data"), nil, 0, rawsock.Sockaddr{})
	check(t, err)
	buf := make([]byte, 10)
	n, fds, flags, _, err := b.RecvFds(buf, make([]rawsock.FD, 2), 0)
	if string(buf[:n]) != "data" || len(fds) != 0 || flags&unix.MSG_CTRUNC != 0 || err != nil {
		t.Errorf("%q, %v, flags %#x, %v", buf[:n], fds, flags, err)
	}
}

func TestRightsOnAClosedDescriptor(t *testing.T) {
	n, err := rawsock.FD(-1).SendFds([]byte("x"), []rawsock.FD{0}, 0, rawsock.Sockaddr{})
	if wantErrno(t, err, unix.EBADF); n != 0 {
		t.Errorf("sent %d", n)
	}
	n, fds, flags, from, err := rawsock.FD(-1).RecvFds(make([]byte, 1), make([]rawsock.FD, 1), 0)
	if wantErrno(t, err, unix.EBADF); n != 0 || fds != nil || flags != 0 || !from.IsZero() {
		t.Errorf("received %d, %v, %#x, %v", n, fds, flags, from)
	}
	a, _ := pair(t, unix.SOCK_STREAM)
	_, err = a.SendFds([]byte("x"), []rawsock.FD{-1}, 0, rawsock.Sockaddr{})
	wantErrno(t, err, unix.EBADF)
}

// CloseRights closes all, and goes on after one that it cannot.
func TestCloseRights(t *testing.T) {
	var p [2]int
	check(t, unix.Pipe(p[:]))
	control := rawsock.AppendRights(nil, rawsock.FD(p[0]))
	control = rawsock.AppendRights(control, -1, rawsock.FD(p[1]))
	wantErrno(t, rawsock.CloseRights(control), unix.EBADF)
	for _, fd := range p {
		if err := unix.Close(fd); err != unix.EBADF {
			t.Errorf("descriptor %d was open: %v", fd, err)
		}
	}
	check(t, rawsock.CloseRights(nil))
}

// FuzzRights: what was built comes back, and bytes of any length are no more
// descriptors than they hold.
func FuzzRights(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 2, 0, 0, 0})
	f.Add([]byte("odd"))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		m := rawsock.Cmsg{Level: unix.SOL_SOCKET, Type: unix.SCM_RIGHTS, Data: data}
		fds, ok := m.Rights(nil)
		if !ok || len(fds) != len(data)/4 {
			t.Fatalf("%d descriptors in %d bytes", len(fds), len(data))
		}
		again, _ := collect(rawsock.AppendRights(nil, fds...))[0].Rights(nil)
		if !slices.Equal(again, fds) || len(fds) > 0 && fds[0] != rawsock.FD(int32(fds[0])) {
			t.Fatalf("%v became %v", fds, again)
		}
	})
}
