package netconn_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netconn"
)

// limit bounds every wait of the tests.
const limit = 10 * time.Second

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// socket makes a socket, close-on-exec.
func socket(t testing.TB, family, typ int) rawsock.FD {
	t.Helper()
	return must(rawsock.NewSock(family, typ, 0))(t).Detach()
}

// listener makes a listening raw socket a Listener.
func listener(t testing.TB, typ int, at rawsock.Sockaddr) *netconn.Listener {
	t.Helper()
	fd := socket(t, at.Family(), typ)
	if err := fd.Bind(at); err != nil {
		fd.Close()
		t.Fatalf("bind %v: %v", at, err)
	}
	if err := fd.Listen(rawsock.DefaultBacklog); err != nil {
		fd.Close()
		t.Fatal(err)
	}
	l, err := netconn.NewListener(fd)
	if err != nil {
		fd.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// connected connects a raw socket to l and makes both ends a Conn.
func connected(t testing.TB, l *netconn.Listener, typ int) (client, server *netconn.Conn) {
	t.Helper()
	to := sockaddr(t, l)
	fd := socket(t, to.Family(), typ)
	if err := fd.Connect(to); err != nil {
		fd.Close()
		t.Fatalf("connect %v: %v", to, err)
	}
	client = must(netconn.New(fd, netconn.Config{}))(t)
	server = must(l.AcceptContext(t.Context()))(t)
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

// sockaddr is where l listens.
func sockaddr(t testing.TB, l *netconn.Listener) (sa rawsock.Sockaddr) {
	t.Helper()
	err := l.Control(func(fd rawsock.FD) (err error) { sa, err = fd.Getsockname(); return err })
	if err != nil {
		t.Fatal(err)
	}
	return sa
}

var serial atomic.Int64

// place is a kind of socket and an address for a new listener of it.
type place struct {
	name string
	typ  int
	at   func(t testing.TB) rawsock.Sockaddr
}

func inet(text string) func(testing.TB) rawsock.Sockaddr {
	return func(t testing.TB) rawsock.Sockaddr {
		if a := netip.MustParseAddrPort(text); a.Addr().Is6() && !rawsock.HasIPv6() {
			t.Skip("no IPv6 here")
		}
		return must(rawsock.SockaddrFromAddrPort(netip.MustParseAddrPort(text)))(t)
	}
}

func path(t testing.TB) rawsock.Sockaddr {
	return must(rawsock.SockaddrUnixPath(filepath.Join(t.TempDir(), "s"+strconv.FormatInt(serial.Add(1), 10))))(t)
}

func abstract(t testing.TB) rawsock.Sockaddr {
	name := "rawloop-netconn-" + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(serial.Add(1), 10)
	sa, err := rawsock.SockaddrUnixAbstract(name)
	if err != nil {
		t.Skip("abstract unix addresses:", err)
	}
	return sa
}

var places = []place{
	{"tcp4", unix.SOCK_STREAM, inet("127.0.0.1:0")},
	{"tcp6", unix.SOCK_STREAM, inet("[::1]:0")},
	{"unix", unix.SOCK_STREAM, path},
	{"unix-abstract", unix.SOCK_STREAM, abstract},
	{"seqpacket", unix.SOCK_SEQPACKET, path},
}

// pair makes both ends of a socket pair a Conn.
func pair(t testing.TB, typ int) (a, b *netconn.Conn) {
	t.Helper()
	fds := must(rawsock.Socketpair(unix.AF_UNIX, typ, 0))(t)
	for _, fd := range fds {
		if err := fd.SetInheritable(false); err != nil {
			t.Fatal(err)
		}
	}
	a = must(netconn.New(fds[0], netconn.Config{}))(t)
	b = must(netconn.New(fds[1], netconn.Config{}))(t)
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// within fails the test unless f returns in time.
func within(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("%s: not within %v", what, limit)
	}
}
