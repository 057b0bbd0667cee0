package bpfstat_test

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/bpfstat"
)

// The kernel hands over some hundred sockets at a time: none is lost between.
func TestEachOfMany(t *testing.T) {
	const n = 200
	c := open(t, bpfstat.Wake)
	want := make(map[uint64]uint64)
	for i := range n {
		_, b := unixPair(unix.SOCK_STREAM)(t, c)
		for range i {
			must2(b.Send([]byte{1}, 0))(t)
		}
		want[cookie(t, b.fd)] = uint64(i)
	}
	for s, err := range c.Each() {
		must(t, err)
		if sends, ok := want[s.Cookie]; !ok || s.Calls.Send != sends {
			t.Errorf("%+v, want %d sends: %v", s, sends, ok)
		}
		delete(want, s.Cookie)
	}
	if len(want) > 0 {
		t.Errorf("%d sockets of %d are missing", len(want), n)
	}
}

// A listener of both families: its IPv4 peers have IPv4 addresses.
func TestEachUnmapsAddresses(t *testing.T) {
	c := open(t, bpfstat.Lifecycle)
	l, sa := listen(t, c, rawsock.SockaddrInet6([16]byte{}, 0, 0, 0))
	port := sa.AddrPort().Port()
	a, b := dial(t, l, rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, port))
	client, err := a.fd.Getsockname()
	must(t, err)
	for s, err := range c.Each() {
		must(t, err)
		if s.Cookie == cookie(t, b.fd) {
			if s.Local != netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port) || s.Remote != client.AddrPort() || s.Domain != unix.AF_INET6 {
				t.Errorf("%+v, want 127.0.0.1:%d and %v", s, port, client)
			}
			return
		}
	}
	t.Error("not listed")
}
