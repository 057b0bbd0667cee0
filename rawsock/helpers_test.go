package rawsock_test

import (
	"errors"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// helperEnv makes the test binary make calls for another process to watch,
// instead of running tests.
const helperEnv = "RAWSOCK_TEST_HELPER"

func TestMain(m *testing.M) {
	if mode := os.Getenv(helperEnv); mode != "" {
		os.Exit(runHelper(mode))
	}
	sockettest.Main(m)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantErrno also checks that the error is the bare errno, not wrapped.
func wantErrno(t testing.TB, got error, want unix.Errno) {
	t.Helper()
	if got != error(want) {
		t.Errorf("got error %v (%T), want %v", got, got, want)
	}
}

// open returns a socket that is closed when the test ends and whose sleeping
// calls end after a minute. SO_RCVTIMEO would do that, too, but with it every
// signal interrupts them (signal(7)), those of Go's scheduler among them.
func open(t testing.TB, domain, typ, proto int) rawsock.FD {
	t.Helper()
	fd, err := rawsock.Socket(domain, typ, proto)
	check(t, err)
	return adopt(t, fd)
}

func adopt(t testing.TB, fd rawsock.FD) rawsock.FD {
	t.Helper()
	watchdog := time.AfterFunc(time.Minute, func() {
		t.Errorf("a test slept too long in a call on descriptor %d", fd)
		_ = fd.Shutdown(unix.SHUT_RDWR)
	})
	t.Cleanup(func() {
		watchdog.Stop()
		if err := fd.Close(); err != nil {
			t.Errorf("close %d: %v", fd, err)
		}
	})
	return fd
}

func loopback(port uint16) rawsock.Sockaddr {
	return rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, port)
}

func addrPort(t testing.TB, text string) rawsock.Sockaddr {
	t.Helper()
	sa, err := rawsock.SockaddrFromAddrPort(netip.MustParseAddrPort(text))
	check(t, err)
	return sa
}

// bound returns a socket of type typ bound to sa, and where it was bound.
func bound(t testing.TB, typ int, sa rawsock.Sockaddr) (rawsock.FD, rawsock.Sockaddr) {
	t.Helper()
	fd := open(t, sa.Family(), typ, 0)
	check(t, fd.Bind(sa))
	name, err := fd.Getsockname()
	check(t, err)
	return fd, name
}

// listener returns a stream socket that listens on sa.
func listener(t testing.TB, sa rawsock.Sockaddr) (rawsock.FD, rawsock.Sockaddr) {
	t.Helper()
	fd, name := bound(t, unix.SOCK_STREAM, sa)
	check(t, fd.Listen(8))
	return fd, name
}

// streams returns both ends of a connection over loopback TCP.
func streams(t testing.TB) (client, server rawsock.FD) {
	t.Helper()
	l, addr := listener(t, loopback(0))
	client = open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	check(t, client.Connect(addr))
	server, err := l.AcceptNull()
	check(t, err)
	return client, adopt(t, server)
}

// pair returns two connected unix sockets.
func pair(t testing.TB, typ int) (a, b rawsock.FD) {
	t.Helper()
	fds, err := rawsock.Socketpair(unix.AF_UNIX, typ, 0)
	check(t, err)
	return adopt(t, fds[0]), adopt(t, fds[1])
}

// await sleeps until fd is ready for events.
func await(t testing.TB, fd rawsock.FD, events int16) {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
	for {
		n, err := unix.Poll(fds, 5000)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n != 1 || err != nil {
			t.Fatalf("poll(%d, %#x): %d, %v", fd, events, n, err)
		}
		return
	}
}

func nonblocking(t testing.TB, fd rawsock.FD) bool {
	t.Helper()
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	check(t, err)
	return flags&unix.O_NONBLOCK != 0
}
