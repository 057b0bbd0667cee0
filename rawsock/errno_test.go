package rawsock_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// everyCall makes each call of an FD once, on fd, with harmless arguments.
func everyCall(fd rawsock.FD) map[string]func() error {
	sa, buf := loopback(0), make([]byte, 8)
	msg := &rawsock.Msghdr{Buffers: [][]byte{buf}, Control: buf}
	return map[string]func() error{
		"bind":        func() error { return fd.Bind(sa) },
		"connect":     func() error { return fd.Connect(sa) },
		"listen":      func() error { return fd.Listen(1) },
		"accept":      func() error { _, _, err := fd.Accept(); return err },
		"accept null": func() error { _, err := fd.AcceptNull(); return err },
		"getsockname": func() error { _, err := fd.Getsockname(); return err },
		"getpeername": func() error { _, err := fd.Getpeername(); return err },
		"send":        func() error { _, err := fd.Send(buf, 0); return err },
		"sendto":      func() error { _, err := fd.Sendto(buf, 0, sa); return err },
		"recv":        func() error { _, err := fd.Recv(buf, 0); return err },
		"recvfrom":    func() error { _, _, err := fd.Recvfrom(buf, 0); return err },
		"sendmsg":     func() error { _, err := fd.Sendmsg(msg, 0); return err },
		"recvmsg":     func() error { _, err := fd.Recvmsg(msg, 0); return err },
		"getsockopt":  func() error { _, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_TYPE); return err },
		"getsockopt bytes": func() error {
			_, err := fd.GetsockoptBytes(unix.SOL_SOCKET, unix.SO_TYPE, buf[:4])
			return err
		},
		"setsockopt": func() error { return fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1) },
		"setsockopt bytes": func() error {
			return fd.SetsockoptBytes(unix.SOL_SOCKET, unix.SO_KEEPALIVE, buf[:4])
		},
		"shutdown": func() error { return fd.Shutdown(unix.SHUT_RDWR) },
	}
}

func TestNotADescriptor(t *testing.T) {
	fd := rawsock.FD(-1)
	calls := everyCall(fd)
	calls["read"] = func() error { _, err := fd.Read(make([]byte, 1)); return err }
	calls["write"] = func() error { _, err := fd.Write(make([]byte, 1)); return err }
	calls["close"] = fd.Close
	calls["ioctl"] = func() error { return fd.SetNonblock(true) }
	for name, call := range calls {
		t.Run(name, func(t *testing.T) { wantErrno(t, call(), unix.EBADF) })
	}
}

func TestNotASocket(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	check(t, err)
	defer f.Close()
	for name, call := range everyCall(rawsock.FD(f.Fd())) {
		t.Run(name, func(t *testing.T) { wantErrno(t, call(), unix.ENOTSOCK) })
	}
}

func TestErrnos(t *testing.T) {
	buf := make([]byte, 8)
	cases := []struct {
		name string
		want unix.Errno
		call func(t *testing.T) error
	}{
		{"connect to nobody", unix.ECONNREFUSED, func(t *testing.T) error {
			return open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Connect(closedPort(t))
		}},
		{"bind where somebody listens", unix.EADDRINUSE, func(t *testing.T) error {
			_, addr := listener(t, loopback(0))
			return open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Bind(addr)
		}},
		{"bind to an address that is not here", unix.EADDRNOTAVAIL, func(t *testing.T) error {
			return open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Bind(rawsock.SockaddrInet4([4]byte{192, 0, 2, 1}, 0))
		}},
		{"bind twice", unix.EINVAL, func(t *testing.T) error {
			fd, _ := bound(t, unix.SOCK_STREAM, loopback(0))
			return fd.Bind(loopback(0))
		}},
		{"bind to no address", unix.EINVAL, func(t *testing.T) error {
			return open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Bind(rawsock.Sockaddr{})
		}},
		{"getpeername of an unconnected socket", unix.ENOTCONN, func(t *testing.T) error {
			_, err := open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Getpeername()
			return err
		}},
		{"shutdown of an unconnected socket", unix.ENOTCONN, func(t *testing.T) error {
			return open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Shutdown(unix.SHUT_WR)
		}},
		{"recv on an unconnected stream", unix.ENOTCONN, func(t *testing.T) error {
			_, err := open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Recv(buf, 0)
			return err
		}},
		{"send on an unconnected datagram socket", unix.EDESTADDRREQ, func(t *testing.T) error {
			_, err := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0).Send(buf, 0)
			return err
		}},
		{"connect twice", unix.EISCONN, func(t *testing.T) error {
			client, _ := streams(t)
			addr, err := client.Getpeername()
			check(t, err)
			return client.Connect(addr)
		}},
		{"accept on a socket that does not listen", unix.EINVAL, func(t *testing.T) error {
			_, _, err := open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Accept()
			return err
		}},
		{"accept with nobody waiting", unix.EAGAIN, func(t *testing.T) error {
			l, _ := listener(t, loopback(0))
			check(t, l.SetNonblock(true))
			_, _, err := l.Accept()
			return err
		}},
		{"listen on a datagram socket", unix.EOPNOTSUPP, func(t *testing.T) error {
			return open(t, unix.AF_INET, unix.SOCK_DGRAM, 0).Listen(1)
		}},
		{"connect to another family", unix.EAFNOSUPPORT, func(t *testing.T) error {
			sa, err := rawsock.SockaddrUnixPath("/as/long/as/a/sockaddr_in")
			check(t, err)
			return open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Connect(sa)
		}},
		{"send to a broadcast address without SO_BROADCAST", unix.EACCES, func(t *testing.T) error {
			broadcast := rawsock.SockaddrInet4([4]byte{127, 255, 255, 255}, 9)
			_, err := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0).Sendto(buf, 0, broadcast)
			return err
		}},
		{"write after the peer is gone", unix.EPIPE, func(t *testing.T) error {
			fds, err := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			check(t, err)
			defer fds[0].Close()
			check(t, fds[1].Close())
			_, err = fds[0].Write(buf)
			return err
		}},
		{"unix connect to a path that is not there", unix.ENOENT, func(t *testing.T) error {
			sa, err := rawsock.SockaddrUnixPath(filepath.Join(t.TempDir(), "x"))
			check(t, err)
			return open(t, unix.AF_UNIX, unix.SOCK_STREAM, 0).Connect(sa)
		}},
		{"unix bind where a file is", unix.EADDRINUSE, func(t *testing.T) error {
			sa, err := rawsock.SockaddrUnixPath(t.TempDir())
			check(t, err)
			return open(t, unix.AF_UNIX, unix.SOCK_STREAM, 0).Bind(sa)
		}},
		{"bind of the wrong family", unix.EAFNOSUPPORT, func(t *testing.T) error {
			sa, err := rawsock.SockaddrFromBytes(append([]byte{0xff, 0xff}, loopback(0).Bytes()[2:]...))
			check(t, err)
			return open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Bind(sa)
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { wantErrno(t, c.call(t), c.want) })
	}
}

func TestSocketErrnos(t *testing.T) {
	fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_UDP)
	wantErrno(t, err, unix.EPROTONOSUPPORT)
	if fd != -1 {
		t.Errorf("descriptor %d with an error, want -1", fd)
	}
	fd, err = rawsock.Socket(250, unix.SOCK_STREAM, 0)
	wantErrno(t, err, unix.EAFNOSUPPORT)
	if fd != -1 {
		t.Errorf("descriptor %d with an error, want -1", fd)
	}
	pair, err := rawsock.Socketpair(unix.AF_INET, unix.SOCK_STREAM, 0)
	wantErrno(t, err, unix.EOPNOTSUPP)
	if pair != [2]rawsock.FD{-1, -1} {
		t.Errorf("descriptors %v with an error, want -1", pair)
	}
	fd, _, err = rawsock.FD(-1).Accept()
	wantErrno(t, err, unix.EBADF)
	if fd != -1 {
		t.Errorf("descriptor %d with an error, want -1", fd)
	}
}

func TestErrorsAreSentinels(t *testing.T) {
	sa, err := rawsock.SockaddrUnixPath(filepath.Join(t.TempDir(), "x"))
	check(t, err)
	err = open(t, unix.AF_UNIX, unix.SOCK_STREAM, 0).Connect(sa)
	if !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, unix.ENOENT) {
		t.Errorf("%v is neither ErrNotExist nor ENOENT", err)
	}
}
