package netconn_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netconn"
	"github.com/rawloop/rawloop/rawsock/netdb"
)

// resolver knows the names of a hosts file.
func resolver(t testing.TB, hosts string) *netdb.Resolver {
	t.Helper()
	dir := t.TempDir()
	r := &netdb.Resolver{Hosts: filepath.Join(dir, "hosts"), Nsswitch: filepath.Join(dir, "nsswitch.conf")}
	if err := errors.Join(os.WriteFile(r.Hosts, []byte(hosts), 0o600), os.WriteFile(r.Nsswitch, []byte("hosts: files\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	return r
}

func listen(t testing.TB, cfg netconn.ListenConfig, network, address string) *netconn.Listener {
	t.Helper()
	l := must(cfg.Listen(t.Context(), network, address))(t)
	t.Cleanup(func() { l.Close() })
	return l
}

func dial(t testing.TB, cfg netconn.DialConfig, network, address string) *netconn.Conn {
	t.Helper()
	c := must(cfg.Dial(t.Context(), network, address))(t)
	t.Cleanup(func() { c.Close() })
	return c
}

func TestDialAndListen(t *testing.T) {
	for _, tt := range []struct{ network, address string }{
		{"tcp", "127.0.0.1:0"},
		{"tcp", ":0"},
		{"tcp4", ":0"},
		{"tcp6", "[::1]:0"},
		{"tcp", "localhost:0"},
		{"unix", filepath.Join(t.TempDir(), "stream")},
		{"unixpacket", filepath.Join(t.TempDir(), "packet")},
		{"unix", "@rawloop-" + filepath.Base(t.TempDir()) + t.Name()},
	} {
		t.Run(tt.network+" "+tt.address, func(t *testing.T) {
			if strings.HasSuffix(tt.network, "6") && !rawsock.HasIPv6() {
				t.Skip("no IPv6 here")
			}
			l := listen(t, netconn.ListenConfig{}, tt.network, tt.address)
			c := dial(t, netconn.DialConfig{}, tt.network, l.Addr().String())
			s := must(l.AcceptContext(t.Context()))(t)
			defer s.Close()
			must(c.Write([]byte("hello")))(t)
			c.Close()
			if b, err := io.ReadAll(s); string(b) != "hello" || err != nil {
				t.Errorf("ReadAll = %q, %v", b, err)
			}
			if c.RemoteAddr().Network() != s.LocalAddr().Network() || c.RemoteAddr().String() != s.LocalAddr().String() {
				t.Errorf("RemoteAddr %v %v, the other's LocalAddr %v", c.RemoteAddr().Network(), c.RemoteAddr(), s.LocalAddr())
			}
		})
	}
}

// TestDialTriesAllAddresses: a refusal leads to the next address at once.
func TestDialTriesAllAddresses(t *testing.T) {
	l := listen(t, netconn.ListenConfig{}, "tcp4", "127.0.0.2:0")
	_, port, _ := net.SplitHostPort(l.Addr().String())
	cfg := netconn.DialConfig{AttemptDelay: time.Hour, Resolver: resolver(t, "127.0.0.1 many\n127.0.0.3 many\n127.0.0.2 many\n")}
	within(t, "Dial", func() {
		if c := dial(t, cfg, "tcp", "many:"+port); c.RemoteAddr().String() != l.Addr().String() {
			t.Errorf("connected to %v, want %v", c.RemoteAddr(), l.Addr())
		}
	})
	l.Close()
	_, err := cfg.Dial(t.Context(), "tcp", "many:"+port)
	wantOp(t, err, "dial", unix.ECONNREFUSED)
	for _, addr := range []string{"127.0.0.1:", "127.0.0.2:", "127.0.0.3:"} {
		if !strings.Contains(err.Error(), addr) {
			t.Errorf("the error says nothing of %s: %v", addr, err)
		}
	}
}

// full makes a listener that has no room: on Linux connections to it neither succeed
// nor fail.
func full(t testing.TB, at rawsock.Sockaddr) *netconn.Listener {
	t.Helper()
	fd := socket(t, at.Family(), unix.SOCK_STREAM)
	if err := errors.Join(fd.Bind(at), fd.Listen(0)); err != nil {
		t.Fatal(err)
	}
	l := must(netconn.NewListener(fd))(t)
	t.Cleanup(func() { l.Close() })
	dial(t, netconn.DialConfig{Timeout: limit}, l.Addr().Network(), l.Addr().String())
	return l
}

// TestDialGoesPastSilence: an address that does not answer holds up the next one for
// the delay only.
func TestDialGoesPastSilence(t *testing.T) {
	needLinux(t)
	silent := full(t, inet("127.0.0.1:0")(t))
	_, port, _ := net.SplitHostPort(silent.Addr().String())
	l := listen(t, netconn.ListenConfig{}, "tcp4", "127.0.0.2:"+port)
	cfg := netconn.DialConfig{AttemptDelay: 10 * time.Millisecond, Resolver: resolver(t, "127.0.0.1 two\n127.0.0.2 two\n")}
	within(t, "Dial", func() {
		if c := dial(t, cfg, "tcp", "two:"+port); c.RemoteAddr().String() != l.Addr().String() {
			t.Errorf("connected to %v, want %v", c.RemoteAddr(), l.Addr())
		}
	})
}

func TestDialIsLimited(t *testing.T) {
	needLinux(t)
	l := full(t, inet("127.0.0.1:0")(t))
	address := l.Addr().String()
	for name, cfg := range map[string]netconn.DialConfig{
		"Timeout": {Timeout: 5 * time.Millisecond}, "AttemptTimeout": {AttemptTimeout: 5 * time.Millisecond},
	} {
		within(t, name, func() {
			_, err := cfg.Dial(t.Context(), "tcp", address)
			wantOp(t, err, "dial", context.DeadlineExceeded)
			if e, ok := errors.AsType[net.Error](err); !ok || !e.Timeout() {
				t.Errorf("%s: %v is no timeout", name, err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(5*time.Millisecond, cancel)
	within(t, "Dial", func() {
		_, err := netconn.DialConfig{}.Dial(ctx, "tcp", address)
		wantOp(t, err, "dial", context.Canceled)
	})
}

// TestDialWaitsForAUnixQueue: what connect(2) says at once of a queue that is full,
// Dial waits for.
func TestDialWaitsForAUnixQueue(t *testing.T) {
	needLinux(t)
	l := full(t, path(t))
	_, err := netconn.DialConfig{Timeout: 5 * time.Millisecond}.Dial(t.Context(), "unix", l.Addr().String())
	wantOp(t, err, "dial", context.DeadlineExceeded)
	made := make(chan error, 1)
	go func() {
		c, err := netconn.DialConfig{Timeout: limit}.Dial(context.Background(), "unix", l.Addr().String())
		if err == nil {
			c.Close()
		}
		made <- err
	}()
	for range 2 {
		must(l.Accept())(t).Close()
	}
	if err := <-made; err != nil {
		t.Error(err)
	}
}

func TestDialErrors(t *testing.T) {
	taken := listen(t, netconn.ListenConfig{}, "tcp4", "127.0.0.1:0")
	for _, tt := range []struct {
		op  string
		err error
		is  error
	}{
		{"dial", dialErr("tpc", "127.0.0.1:1"), net.UnknownNetworkError("tpc")},
		{"dial", dialErr("udp", "127.0.0.1:1"), net.UnknownNetworkError("udp")},
		{"dial", dialErr("unix", filepath.Join(t.TempDir(), "none")), unix.ENOENT},
		{"dial", dialErr("unix", strings.Repeat("x", 200)), unix.ENAMETOOLONG},
		{"dial", dialErr("tcp4", "[::1]:80"), netdb.EAI_ADDRFAMILY},
		{"listen", listenErr("tcp4", taken.Addr().String()), unix.EADDRINUSE},
		{"listen", listenErr("tcp", "192.0.2.1:0"), unix.EADDRNOTAVAIL},
		{"listen", listenErr("unix", filepath.Join(t.TempDir(), "no", "directory")), os.ErrNotExist},
	} {
		wantOp(t, tt.err, tt.op, tt.is)
	}
	if _, err := (netconn.DialConfig{}).Dial(t.Context(), "tcp", "no-port"); err == nil {
		t.Error("an address without a port is taken")
	}
	_, err := netconn.DialConfig{Resolver: resolver(t, "")}.Dial(t.Context(), "tcp", "nobody:1")
	wantOp(t, err, "dial", netdb.EAI_NONAME)
}

func dialErr(network, address string) error {
	_, err := netconn.DialConfig{}.Dial(context.Background(), network, address)
	return err
}

func listenErr(network, address string) error {
	_, err := netconn.ListenConfig{}.Listen(context.Background(), network, address)
	return err
}

func TestDialOptions(t *testing.T) {
	l := listen(t, netconn.ListenConfig{}, "tcp4", "127.0.0.1:0")
	source := rawsock.SockaddrInet4([4]byte{127, 0, 0, 9}, 0)
	cfg := netconn.DialConfig{Source: source}
	cfg.KeepAlive = net.KeepAliveConfig{Enable: true, Idle: 1500 * time.Millisecond, Count: 3}
	cfg.Control = func(fd rawsock.FD) error {
		if name, err := fd.Getsockname(); err != nil || name.AddrPort().Port() != 0 {
			t.Errorf("Control after bind: %v, %v", name, err)
		}
		return rawsock.IPTOS.Set(fd, 0x10)
	}
	c := dial(t, cfg, "tcp", l.Addr().String())
	if got := c.LocalAddrPort().Addr(); got != netip.MustParseAddr("127.0.0.9") {
		t.Errorf("connected from %v", got)
	}
	err := c.Control(func(fd rawsock.FD) error {
		idle, err := rawsock.TCPKeepIdle.Get(fd)
		interval, err2 := rawsock.TCPKeepIntvl.Get(fd)
		count, err3 := rawsock.TCPKeepCnt.Get(fd)
		noDelay, err4 := rawsock.TCPNoDelay.Get(fd)
		tos, err5 := rawsock.IPTOS.Get(fd)
		if idle != 2*time.Second || interval != 15*time.Second || count != 3 || !noDelay || tos != 0x10 {
			t.Errorf("keep-alive %v %v %d, TCP_NODELAY %v, IP_TOS %#x", idle, interval, count, noDelay, tos)
		}
		return errors.Join(err, err2, err3, err4, err5)
	})
	if err != nil {
		t.Error(err)
	}
	cfg.Control = func(rawsock.FD) error { return unix.EPERM }
	_, err = cfg.Dial(t.Context(), "tcp", l.Addr().String())
	wantOp(t, err, "dial", unix.EPERM)
	cfg = netconn.DialConfig{Source: source}
	_, err = cfg.Dial(t.Context(), "tcp", "[::1]:1")
	wantOp(t, err, "dial", netdb.EAI_ADDRFAMILY)
}

func TestDialPacket(t *testing.T) {
	server := must(netconn.ListenConfig{}.ListenPacket(t.Context(), "udp", "127.0.0.1:0"))(t)
	defer server.Close()
	c := must(netconn.DialConfig{}.DialPacket(t.Context(), "udp", server.LocalAddr().String()))(t)
	defer c.Close()
	must(c.Write([]byte("x")))(t)
	if _, from, err := server.ReadFromAddrPort(make([]byte, 1)); err != nil || from != c.LocalAddrPort() {
		t.Errorf("ReadFromAddrPort = %v, %v, want %v", from, err, c.LocalAddrPort())
	}
	if c.RemoteAddrPort() != server.LocalAddrPort() {
		t.Errorf("the peer is %v", c.RemoteAddrPort())
	}
	_, err := netconn.DialConfig{}.DialPacket(t.Context(), "tcp", "127.0.0.1:1")
	wantOp(t, err, "dial", net.UnknownNetworkError("tcp"))
}
