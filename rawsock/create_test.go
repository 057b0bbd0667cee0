package rawsock_test

import (
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// unused returns an address of loopback that nobody listens on, kept from
// others while the test runs.
func unused(t testing.TB) rawsock.Sockaddr {
	t.Helper()
	_, addr := bound(t, unix.SOCK_STREAM, loopback(0))
	return addr
}

// blackhole returns an address from which no answer comes: the queue of its
// listener is full, so Linux drops what asks for a connection.
func blackhole(t testing.TB) rawsock.Sockaddr {
	t.Helper()
	l, addr := bound(t, unix.SOCK_STREAM, loopback(0))
	check(t, l.Listen(0))
	check(t, sock(t, unix.AF_INET, unix.SOCK_STREAM).Connect(addr))
	return addr
}

// C12: every address is tried, in order, and the first that answers is taken.
func TestCreateConnectionTriesEveryAddress(t *testing.T) {
	dead := unused(t)
	_, first := server(t, rawsock.ServerConfig{})
	_, second := server(t, rawsock.ServerConfig{})
	s, err := rawsock.CreateConnection([]rawsock.Sockaddr{dead, first, second}, rawsock.ConnectionConfig{})
	check(t, err)
	closing(t, s)
	if peer, err := s.Getpeername(); err != nil || peer != first {
		t.Errorf("connected to %v, %v; want %v", peer, err, first)
	}
	if s.Family() != unix.AF_INET || s.Type() != unix.SOCK_STREAM || s.GetTimeout() != rawsock.NoTimeout {
		t.Errorf("family %d, type %d, timeout %v", s.Family(), s.Type(), s.GetTimeout())
	}
}

// All errors are kept, each with its call and address.
func TestCreateConnectionKeepsEveryError(t *testing.T) {
	dead := unused(t)
	unknown, err := rawsock.SockaddrFromBytes([]byte{255, 255, 0, 0})
	check(t, err)
	_, err = rawsock.CreateConnection([]rawsock.Sockaddr{dead, unknown, dead}, rawsock.ConnectionConfig{})
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != 3 {
		t.Fatalf("%v does not join three errors", err)
	}
	for i, want := range []rawsock.CallError{
		{"connect", dead, unix.ECONNREFUSED}, {"socket", unknown, unix.EAFNOSUPPORT}, {"connect", dead, unix.ECONNREFUSED},
	} {
		var got *rawsock.CallError
		if !errors.As(joined.Unwrap()[i], &got) || *got != want {
			t.Errorf("error %d is %v, want %v", i, joined.Unwrap()[i], &want)
		}
	}
	if want := "connect " + dead.String() + ": connection refused"; joined.Unwrap()[0].Error() != want {
		t.Errorf("text %q, want %q", joined.Unwrap()[0], want)
	}
	if !errors.Is(err, unix.ECONNREFUSED) || !errors.Is(err, unix.EAFNOSUPPORT) {
		t.Errorf("errors.Is does not see through %v", err)
	}
	for name, err := range map[string]error{
		"connection": errOf(rawsock.CreateConnection(nil, rawsock.ConnectionConfig{})),
		"server":     errOf(rawsock.CreateServer(nil, rawsock.ServerConfig{})),
	} {
		if err != rawsock.ErrNoAddress {
			t.Errorf("%s without an address: %v", name, err)
		}
	}
	wantErrno(t, errOf(rawsock.CreateConnection(nil, rawsock.ConnectionConfig{Timeout: -2})), unix.EINVAL)
}

func errOf[T any](_ T, err error) error { return err }

func TestCreateConnectionFromSource(t *testing.T) {
	l, addr := server(t, rawsock.ServerConfig{})
	source := rawsock.SockaddrInet4([4]byte{127, 0, 0, 2}, 0)
	s, err := rawsock.CreateConnection([]rawsock.Sockaddr{addr}, rawsock.ConnectionConfig{Source: source, Timeout: patience})
	check(t, err)
	closing(t, s)
	c, from, err := l.Accept()
	check(t, err)
	closing(t, c)
	if from.AddrPort().Addr() != source.AddrPort().Addr() {
		t.Errorf("came from %v, want %v", from, source)
	}
	if s.GetTimeout() != patience {
		t.Errorf("timeout %v", s.GetTimeout())
	}
	var call *rawsock.CallError
	_, err = rawsock.CreateConnection([]rawsock.Sockaddr{addr}, rawsock.ConnectionConfig{Source: addr})
	if !errors.As(err, &call) || call.Call != "bind" || call.Addr != addr || call.Err != unix.EADDRINUSE {
		t.Errorf("source in use: %v", err)
	}
}

// A server starts again on a port whose last connection is in TIME_WAIT.
func TestCreateServerReusesAddress(t *testing.T) {
	l, addr := server(t, rawsock.ServerConfig{})
	client, err := rawsock.CreateConnection([]rawsock.Sockaddr{addr}, rawsock.ConnectionConfig{})
	check(t, err)
	c, _, err := l.Accept()
	check(t, err)
	check(t, c.Close()) // the server closes first, and keeps the TIME_WAIT
	check(t, l.Close())
	if n, err := client.Recv(make([]byte, 1), 0); n != 0 || err != nil {
		t.Errorf("recv: %d, %v", n, err)
	}
	check(t, client.Close())
	again, err := rawsock.CreateServer([]rawsock.Sockaddr{addr}, rawsock.ServerConfig{})
	check(t, err)
	closing(t, again)

	// Without the option the port is taken.
	plain := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	check(t, again.Close())
	wantErrno(t, plain.Bind(addr), unix.EADDRINUSE)
}

func TestCreateServerOptions(t *testing.T) {
	_, addr := server(t, rawsock.ServerConfig{ReusePort: true, Backlog: 3})
	l, err := rawsock.CreateServer([]rawsock.Sockaddr{addr}, rawsock.ServerConfig{ReusePort: true})
	check(t, err)
	closing(t, l)
	for name, want := range map[int]int{unix.SO_REUSEADDR: 1, unix.SO_REUSEPORT: 1, unix.SO_ACCEPTCONN: 1} {
		if got, err := l.GetsockoptInt(unix.SOL_SOCKET, name); err != nil || (got != 0) != (want != 0) {
			t.Errorf("option %d is %d, %v", name, got, err)
		}
	}
	_, err = rawsock.CreateServer([]rawsock.Sockaddr{addr}, rawsock.ServerConfig{})
	var call *rawsock.CallError
	if !errors.As(err, &call) || call.Call != "bind" || call.Addr != addr || call.Err != unix.EADDRINUSE {
		t.Errorf("without ReusePort: %v", err)
	}
	_, err = rawsock.CreateServer([]rawsock.Sockaddr{loopback(0)}, rawsock.ServerConfig{DualStack: true})
	if !errors.Is(err, unix.EINVAL) {
		t.Errorf("dual stack of IPv4: %v", err)
	}
}

// A server takes the first address that is one of this host.
func TestCreateServerTriesEveryAddress(t *testing.T) {
	far := rawsock.SockaddrInet4([4]byte{192, 0, 2, 1}, 0) // RFC 5737: nobody's
	l, err := rawsock.CreateServer([]rawsock.Sockaddr{far, loopback(0), far}, rawsock.ServerConfig{})
	check(t, err)
	closing(t, l)
	if name, err := l.Getsockname(); err != nil || name.AddrPort().Addr() != loopback(0).AddrPort().Addr() {
		t.Errorf("listens on %v, %v", name, err)
	}
	_, err = rawsock.CreateServer([]rawsock.Sockaddr{far, far}, rawsock.ServerConfig{})
	if want := "bind 192.0.2.1:0: cannot assign requested address"; err == nil || err.Error() != want+"\n"+want {
		t.Errorf("%q", err)
	}
}

// An IPv6 server is for IPv6 only unless it wants both.
func TestCreateServerDualStack(t *testing.T) {
	if !rawsock.HasIPv6() || !rawsock.HasDualstackIPv6() {
		t.Skip("needs IPv6")
	}
	any6 := addrPort(t, "[::]:0")
	for _, dual := range []bool{false, true} {
		l, err := rawsock.CreateServer([]rawsock.Sockaddr{any6}, rawsock.ServerConfig{DualStack: dual})
		check(t, err)
		closing(t, l)
		if only, err := l.GetsockoptInt(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY); err != nil || (only != 0) == dual {
			t.Errorf("IPV6_V6ONLY is %d, %v", only, err)
		}
		if !dual {
			continue // another program may have the port in IPv4
		}
		name, err := l.Getsockname()
		check(t, err)
		c, err := rawsock.CreateConnection([]rawsock.Sockaddr{loopback(name.AddrPort().Port())}, rawsock.ConnectionConfig{Timeout: patience})
		check(t, err)
		closing(t, c)
		s, from, err := l.Accept()
		check(t, err)
		closing(t, s)
		if want := netip.MustParseAddr("::ffff:127.0.0.1"); from.AddrPort().Addr() != want {
			t.Errorf("an IPv4 client is %v, want %v", from, want)
		}
	}
}
