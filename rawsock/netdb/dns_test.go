package netdb

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// newDNSResolver returns a Resolver of the tests' files and name server.
func newDNSResolver(t testing.TB) (*Resolver, *nameServer) {
	s := serve(t, "127.0.0.1:0")
	r := newResolver(t)
	r.Nsswitch = write(t, testNsswitch)
	r.ResolvConf = write(t, testResolvConf)
	r.Servers = []netip.AddrPort{s.addr}
	r.Timeout = 10 * time.Second
	return r, s
}

// C3: the chain of aliases that package net does not show, and all addresses.
func TestGethostbynameEx_C3(t *testing.T) {
	r, _ := newDNSResolver(t)
	host, err := r.GethostbynameEx(t.Context(), "www")
	if err != nil {
		t.Fatal(err)
	}
	if host.Name != "host.example.test" || !slices.Equal(host.Aliases, []string{"www.example.test", "web.example.test"}) || len(host.Addrs) != 3 {
		t.Errorf("got %+v", host)
	}
	host, err = r.GethostbynameEx(t.Context(), "a1")
	if err != nil || host.Name != "alpha.example.test" || !slices.Equal(host.Aliases, []string{"alpha", "a1"}) {
		t.Errorf("got %+v, %v", host, err)
	}
	for name, want := range map[string]HErrno{"nosuch": HOST_NOT_FOUND, "nodata.example.test": NO_DATA, "evil.example.test": NO_RECOVERY, "dangling.example.test": NO_DATA} {
		var failed *HostError
		if _, err := r.GethostbynameEx(t.Context(), name); !errors.As(err, &failed) || failed.Code != want || !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
}

// C2
func TestGethostbyname_C2(t *testing.T) {
	r, _ := newDNSResolver(t)
	for name, want := range map[string]string{
		"": "0.0.0.0", "<broadcast>": "255.255.255.255", "beta": "10.1.1.1", "127.1": "127.0.0.1", "deep": "192.0.2.31", "upper.example.test.": "192.0.2.30",
	} {
		if got, err := r.Gethostbyname(t.Context(), name); err != nil || got.String() != want {
			t.Errorf("%q: got %v, %v, want %s", name, got, err, want)
		}
	}
}

// C4, C5
func TestGethostbyaddrGetfqdn_C4_C5(t *testing.T) {
	r, _ := newDNSResolver(t)
	for addr, want := range map[string]string{
		"192.0.2.7": "alpha.example.test", "192.0.2.20": "host.example.test", "192.0.2.30": "upper.example.test",
		"2001:db8::20": "host6.example.test", "beta": "beta", "::1": "localhost",
	} {
		if host, err := r.Gethostbyaddr(t.Context(), addr); err != nil || host.Name != want {
			t.Errorf("Gethostbyaddr(%s) = %+v, %v, want %s", addr, host, err, want)
		}
	}
	var failed *HostError
	if _, err := r.Gethostbyaddr(t.Context(), "10.9.9.9"); !errors.As(err, &failed) || failed.Code != HOST_NOT_FOUND {
		t.Errorf("got %v", err)
	}
	for name, want := range map[string]string{"alpha": "alpha.example.test", "nosuch": "nosuch", "192.0.2.20": "host.example.test", "beta": "beta"} {
		if got := r.Getfqdn(t.Context(), name); got != want {
			t.Errorf("Getfqdn(%s) = %s, want %s", name, got, want)
		}
	}
}

// What a hostile or broken server says is an error, and never an address.
func TestHostileAnswers(t *testing.T) {
	r, s := newDNSResolver(t)
	for name, want := range map[string]EAI{
		"evil.example.test": EAI_FAIL, "loop1.example.test": EAI_FAIL, "pointer.example.test": EAI_FAIL, "flood.example.test": EAI_AGAIN,
		"fail.example.test": EAI_AGAIN, "refused.example.test": EAI_AGAIN,
	} {
		rows, err := r.Getaddrinfo(t.Context(), name, "", &Addrinfo{Family: unix.AF_INET})
		if !errors.Is(err, want) {
			t.Errorf("%s: got %s, %v, want %v", name, show(rows), err, want)
		}
	}
	for name, want := range map[string]string{"strange.example.test": "192.0.2.35", "other.example.test": "192.0.2.36"} {
		if got, err := r.Gethostbyname(t.Context(), name); err != nil || got.String() != want {
			t.Errorf("%s: got %v, %v, want %s", name, got, err, want)
		}
	}
	if host, err := r.Gethostbyaddr(t.Context(), "192.0.2.67"); err == nil {
		t.Errorf("got the name %q", host.Name)
	}
	before := s.udp.Load() + s.tcp.Load()
	for _, name := range []string{"no good", "-rf", "a..b", strings.Repeat("a", 64) + ".example.test.", "bad\x00name", strings.Repeat("a.", 200), "ü.example.test."} {
		if _, err := r.Getaddrinfo(t.Context(), name, "", nil); !errors.Is(err, EAI_NONAME) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if after := s.udp.Load() + s.tcp.Load(); after != before {
		t.Errorf("%d questions about names that cannot be", after-before)
	}
}

func TestTruncatedAnswer(t *testing.T) {
	r, s := newDNSResolver(t)
	host, err := r.GethostbynameEx(t.Context(), "big.example.test")
	if err != nil || len(host.Addrs) != 2 || s.udp.Load() != 1 || s.tcp.Load() != 1 {
		t.Errorf("got %+v, %v after %d questions over UDP and %d over TCP", host, err, s.udp.Load(), s.tcp.Load())
	}
}

// The second server answers where the first is silent, and every server again.
func TestServersInTurn(t *testing.T) {
	r, s := newDNSResolver(t)
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	r.Servers = append([]netip.AddrPort{silent.LocalAddr().(*net.UDPAddr).AddrPort()}, r.Servers...)
	r.Timeout, r.Attempts = 20*time.Millisecond, 3
	if _, err := r.Gethostbyname(t.Context(), "upper.example.test"); err != nil || s.udp.Load() == 0 {
		t.Error(err)
	}
	r.Servers = r.Servers[:1]
	_, err = r.Gethostbyname(t.Context(), "upper.example.test")
	var g *GaiError
	if !errors.As(err, &g) || g.Code != EAI_AGAIN || !g.Temporary() || !g.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	r.ResolvConf, r.Servers = write(t, "options rotate\n"), []netip.AddrPort{r.Servers[0], s.addr}
	a, err1 := r.dnsConf()
	b, err2 := r.dnsConf()
	if err1 != nil || err2 != nil || a.servers[0] == b.servers[0] {
		t.Errorf("not in rotation: %v %v, %v %v", a.servers, b.servers, err1, err2)
	}
}

// A context ends a lookup that no server answers.
func TestContextEndsLookup(t *testing.T) {
	r, s := newDNSResolver(t)
	r.Timeout = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := r.Getaddrinfo(ctx, "silent.example.test", "80", nil)
		done <- err
	}()
	sockettest.Eventually(t, 10*time.Second, func() bool { return s.udp.Load() > 0 }, "a question")
	cancel()
	if err := <-done; !errors.Is(err, EAI_CANCELED) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	var failed *HostError
	_, err := r.GethostbynameEx(ctx, "silent.example.test")
	if !errors.As(err, &failed) || failed.Code != TRY_AGAIN || !failed.Timeout() || !failed.Temporary() {
		t.Errorf("got %v", err)
	}
}

// C12: by name, the first address that takes a connection.
func TestCreateConnectionByName_C12(t *testing.T) {
	r := newResolver(t)
	server, err := r.CreateServer(t.Context(), "localhost", "0", unix.AF_INET, rawsock.ServerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	sa, err := server.Getsockname()
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := r.Getnameinfo(t.Context(), sa, NI_NUMERICSERV)
	if err != nil {
		t.Fatal(err)
	}
	client, err := r.Dial(t.Context(), "localhost:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if peer, err := client.Getpeername(); err != nil || peer != sa {
		t.Errorf("connected to %v, %v, want %v", peer, err, sa)
	}
	if _, err := r.Dial(t.Context(), "nosuch:80"); !errors.Is(err, EAI_NONAME) {
		t.Errorf("got %v", err)
	}
	if _, err := r.Dial(t.Context(), "localhost"); err == nil {
		t.Error("an address without a port")
	}
}

// By Config, package net is asked instead.
func TestNetResolver(t *testing.T) {
	r, s := newDNSResolver(t)
	r.Servers = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1")}
	r.Net = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.addr.String())
	}}
	host, err := r.GethostbynameEx(t.Context(), "alias4.example.test.")
	if err != nil || host.Name != "host.example.test" || len(host.Addrs) != 3 {
		t.Errorf("got %+v, %v", host, err)
	}
	if host, err := r.Gethostbyaddr(t.Context(), "192.0.2.20"); err != nil || host.Name != "host.example.test" {
		t.Errorf("got %+v, %v", host, err)
	}
	if _, err := r.Getaddrinfo(t.Context(), "nosuch.example.test.", "", nil); !errors.Is(err, EAI_NONAME) {
		t.Errorf("got %v", err)
	}
}
