package rawsock_test

import (
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Row D13: the three ways to a second descriptor differ in what exec inherits, and
// the choice is the caller's.
func TestDup(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM|unix.SOCK_CLOEXEC)
	free, err := a.Dup()
	check(t, err)
	cases := []struct {
		name      string
		inherited bool
		dup       func() (rawsock.FD, error)
	}{
		{"dup", true, a.Dup},
		{"dup3", true, func() (rawsock.FD, error) { return a.Dup3(free, 0) }},
		{"dup3 O_CLOEXEC", false, func() (rawsock.FD, error) { return a.Dup3(free, unix.O_CLOEXEC) }},
		{"F_DUPFD", true, func() (rawsock.FD, error) { n, err := a.Fcntl(unix.F_DUPFD, int(free)+3); return rawsock.FD(n), err }},
		{"F_DUPFD_CLOEXEC", false, func() (rawsock.FD, error) {
			n, err := a.Fcntl(unix.F_DUPFD_CLOEXEC, int(free)+3)
			return rawsock.FD(n), err
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fd, err := c.dup()
			check(t, err)
			if fd != free {
				defer fd.Close()
			}
			if got, err := fd.GetInheritable(); got != c.inherited || err != nil {
				t.Errorf("inheritable: %v, %v, want %v", got, err, c.inherited)
			}
			if n, err := fd.Write([]byte("x")); n != 1 || err != nil {
				t.Errorf("write: %d, %v", n, err)
			}
			wantRead(t, b, "x")
		})
	}
	check(t, free.Close())
	fd, err := a.Dup3(a, 0)
	wantErrno(t, err, unix.EINVAL)
	if fd != -1 {
		t.Errorf("descriptor %d with an error, want -1", fd)
	}
}

func TestInheritable(t *testing.T) {
	a, _ := pair(t, unix.SOCK_STREAM)
	for _, want := range []bool{true, false, false, true} {
		check(t, a.SetInheritable(want))
		if got, err := a.GetInheritable(); got != want || err != nil {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	}
	if got, err := rawsock.FD(-1).GetInheritable(); got || err != error(unix.EBADF) {
		t.Errorf("of no descriptor: %v, %v", got, err)
	}
}

func TestGetNonblock(t *testing.T) {
	a, _ := pair(t, unix.SOCK_STREAM)
	for _, want := range []bool{true, false} {
		check(t, a.SetNonblock(want))
		if got, err := a.GetNonblock(); got != want || err != nil {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	}
}

func TestFcntl(t *testing.T) {
	a, _ := pair(t, unix.SOCK_STREAM)
	if v, err := a.Fcntl(-1, 0); v != -1 || err != error(unix.EINVAL) {
		t.Errorf("no command: %d, %v", v, err)
	}
	if v, err := a.Fcntl(unix.F_GETFL, 0); v&unix.O_ACCMODE != unix.O_RDWR || err != nil {
		t.Errorf("F_GETFL: %#x, %v", v, err)
	}
}

// Row D4: AF_UNSPEC takes a datagram socket's peer away, and resets a connection.
func TestDisconnect(t *testing.T) {
	a, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	check(t, a.Connect(addr))
	check(t, a.Disconnect())
	_, err := a.Getpeername()
	wantErrno(t, err, unix.ENOTCONN)

	client, server := streams(t)
	check(t, client.Disconnect())
	_, err = server.Read(make([]byte, 1))
	wantErrno(t, err, unix.ECONNRESET)
}

// Row D12: the third form, optval=NULL.
func TestSetsockoptNull(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	// An empty name binds to no interface.
	check(t, fd.SetsockoptNull(unix.SOL_SOCKET, unix.SO_BINDTODEVICE, 0))
	wantErrno(t, fd.SetsockoptNull(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 4), unix.EFAULT)
	wantErrno(t, fd.SetsockoptNull(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0), unix.EINVAL)
	wantErrno(t, fd.SetsockoptNull(unix.SOL_SOCKET, unix.SO_KEEPALIVE, -1), unix.EINVAL)
	if size := int64(1) << 32; int64(int(size)) == size {
		wantErrno(t, fd.SetsockoptNull(unix.SOL_SOCKET, unix.SO_BINDTODEVICE, int(size)), unix.EINVAL)
	}
}

func TestSockoptUint64(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	x, err := a.GetsockoptUint64(unix.SOL_SOCKET, unix.SO_COOKIE)
	check(t, err)
	y, err := b.GetsockoptUint64(unix.SOL_SOCKET, unix.SO_COOKIE)
	check(t, err)
	if x == 0 || x == y {
		t.Errorf("cookies %d and %d", x, y)
	}
	_, err = a.GetsockoptUint64(unix.SOL_SOCKET, unix.SO_TYPE) // four bytes
	wantErrno(t, err, unix.EINVAL)
	_, err = a.GetsockoptUint64(unix.SOL_SOCKET, -1)
	wantErrno(t, err, unix.ENOPROTOOPT)

	if strconv.IntSize == 32 {
		return // SO_MAX_PACING_RATE is a C long
	}
	tcp := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	const rate = 5 << 32
	check(t, tcp.SetsockoptUint64(unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE, rate))
	if got, err := tcp.GetsockoptUint64(unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE); got != rate || err != nil {
		t.Errorf("SO_MAX_PACING_RATE %d, %v, want %d", got, err, uint64(rate))
	}
}
