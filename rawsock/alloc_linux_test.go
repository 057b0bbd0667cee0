package rawsock_test

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// wantNoAllocs runs f, which returns what went wrong, and fails the test if it
// allocates.
func wantNoAllocs(t *testing.T, name string, f func() error) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		var failed error
		n := testing.AllocsPerRun(50, func() {
			if err := f(); err != nil {
				failed = err
			}
		})
		check(t, failed)
		if n != 0 {
			t.Errorf("%v allocations, want 0", n)
		}
	})
}

func TestCallsDoNotAllocate(t *testing.T) {
	l, addr := listener(t, loopback(0))
	udp, udpAddr := bound(t, unix.SOCK_DGRAM, loopback(0))
	check(t, udp.Connect(udpAddr))
	a, b := pair(t, unix.SOCK_STREAM)
	buf := make([]byte, 64)
	value := make([]byte, 8)

	wantNoAllocs(t, "socket bind listen close", func() error {
		fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		return firstOf(fd.Bind(loopback(0)), fd.Listen(1), fd.Close())
	})
	wantNoAllocs(t, "socketpair shutdown close", func() error {
		fds, err := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		return firstOf(err, fds[0].Shutdown(unix.SHUT_RDWR), fds[0].Close(), fds[1].Close())
	})
	accepts := map[string]func() (rawsock.FD, error){
		"accept":       func() (rawsock.FD, error) { fd, _, err := l.Accept(); return fd, err },
		"accept null":  l.AcceptNull,
		"accept4":      func() (rawsock.FD, error) { fd, _, err := l.Accept4(unix.SOCK_NONBLOCK); return fd, err },
		"accept4 null": func() (rawsock.FD, error) { return l.Accept4Null(unix.SOCK_CLOEXEC) },
	}
	for name, accept := range accepts {
		wantNoAllocs(t, "connect "+name, func() error {
			fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
			if err != nil {
				return err
			}
			err = fd.Connect(addr)
			server, err2 := accept()
			return firstOf(err, err2, server.Close(), fd.Close())
		})
	}
	wantNoAllocs(t, "sendto recvfrom", func() error {
		_, err := udp.Sendto(buf, 0, udpAddr)
		_, from, err2 := udp.Recvfrom(buf, 0)
		if from != udpAddr {
			return unix.EADDRNOTAVAIL
		}
		return firstOf(err, err2)
	})
	wantNoAllocs(t, "send recv", func() error {
		_, err := a.Send(buf, unix.MSG_NOSIGNAL)
		_, err2 := b.Recv(buf, unix.MSG_DONTWAIT)
		return firstOf(err, err2)
	})
	wantNoAllocs(t, "write read", func() error {
		_, err := a.Write(buf)
		_, err2 := b.Read(buf)
		return firstOf(err, err2)
	})
	wantNoAllocs(t, "getsockname getpeername", func() error {
		_, err := udp.Getsockname()
		_, err2 := udp.Getpeername()
		return firstOf(err, err2)
	})
	wantNoAllocs(t, "options", func() error {
		_, err := a.GetsockoptInt(unix.SOL_SOCKET, unix.SO_SNDBUF)
		_, err2 := a.GetsockoptBytes(unix.SOL_SOCKET, unix.SO_LINGER, value)
		return firstOf(err, err2,
			a.SetsockoptInt(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1),
			a.SetsockoptBytes(unix.SOL_SOCKET, unix.SO_LINGER, value))
	})
	wantNoAllocs(t, "setnonblock", func() error { return a.SetNonblock(true) })
}

func TestErrorsDoNotAllocate(t *testing.T) {
	for name, call := range everyCall(-1) {
		wantNoAllocs(t, name, func() error {
			if call() == nil {
				return unix.EINVAL
			}
			return nil
		})
	}
}

func TestSockaddrDoesNotAllocate(t *testing.T) {
	ap4 := netip.MustParseAddrPort("127.0.0.1:80")
	ap6 := netip.MustParseAddrPort("[::1]:80")
	scoped := netip.MustParseAddrPort("[fe80::1%12]:80")
	raw := loopback(80).Bytes()
	buf := make([]byte, 0, rawsock.MaxSockaddr)
	for _, ap := range []netip.AddrPort{ap4, ap6, scoped} {
		wantNoAllocs(t, "from "+ap.String(), func() error {
			_, err := rawsock.SockaddrFromAddrPort(ap)
			return err
		})
	}
	for _, ap := range []netip.AddrPort{ap4, ap6} {
		sa := addrPort(t, ap.String())
		wantNoAllocs(t, "to "+ap.String(), func() error {
			if sa.AddrPort() != ap {
				return unix.EINVAL
			}
			return nil
		})
	}
	wantNoAllocs(t, "bytes", func() error {
		sa, err := rawsock.SockaddrFromBytes(raw)
		buf = sa.AppendTo(buf[:0])
		return err
	})
	wantNoAllocs(t, "unix", func() error {
		_, err := rawsock.SockaddrUnixPath("/run/some/socket")
		_, err2 := rawsock.SockaddrUnixAbstract("name")
		if rawsock.SockaddrUnixUnnamed().IsZero() {
			return unix.EINVAL
		}
		return firstOf(err, err2)
	})
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
