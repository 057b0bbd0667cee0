package rawsock_test

import (
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// G1: a broadcast needs SO_BROADCAST, in each of its forms, and reaches every host
// on the wire, but not a socket that is bound to a host's own address.
func TestBroadcast_G1(t *testing.T) {
	h := newHosts(t)
	any, name := datagramAt(t, h.b, netip.IPv4Unspecified())
	number := name.AddrPort().Port()
	var own rawsock.FD
	h.b.Do(func() {
		own = open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
		for _, fd := range []rawsock.FD{any, own} {
			check(t, rawsock.SOReuseAddr.Set(fd, true))
		}
		check(t, own.Bind(atPort(t, hostB, number)))
	})
	sender, from := datagramAt(t, h.a, hostA)
	for _, host := range []string{"<broadcast>", "255.255.255.255", "10.0.0.255"} {
		to, err := rawsock.SockaddrFromHost(unix.AF_INET, host, number)
		check(t, err)
		check(t, rawsock.SOBroadcast.Set(sender, false))
		_, err = sender.Sendto([]byte(host), 0, to)
		wantErrno(t, err, unix.EACCES)
		wantErrno(t, sender.Connect(to), unix.EACCES)

		check(t, rawsock.SOBroadcast.Set(sender, true))
		send(t, sender, to, host)
		buf := make([]byte, 100)
		n, peer, err := any.Recvfrom(buf, 0)
		if err != nil || string(buf[:n]) != host || peer != from {
			t.Errorf("%s: %q from %v, %v", host, buf[:n], peer, err)
		}
	}
	if got := queued(t, own); got != nil {
		t.Errorf("bound to %v: received %q", hostB, got)
	}
}

// receivers are several sockets on one port of lo, members of the group.
func (m mcast) receivers(t *testing.T, option rawsock.Option[bool], n int) *group {
	t.Helper()
	g := &group{addr: atPort(t, m.wildcard, 0)}
	for range n {
		fd := open(t, g.addr.Family(), unix.SOCK_DGRAM, 0)
		check(t, option.Set(fd, true))
		check(t, fd.Bind(g.addr))
		check(t, fd.JoinGroup(m.group, lo))
		name, err := fd.Getsockname()
		check(t, err)
		g.addr, g.fds = name, append(g.fds, fd)
	}
	return g
}

// E2, E3: sockets that share a port each get every multicast datagram, whether by
// SO_REUSEADDR or SO_REUSEPORT, also where a program steers unicast. Of unicast the
// last one gets all with the first option, and the kernel's choice with the second
// (TestReuseaddrLastGetsAll_E2, TestReuseport_E3).
func TestMulticastToSharedPort_E2_E3(t *testing.T) {
	mcast{}.each(t, func(t *testing.T, m mcast) {
		for name, option := range map[string]rawsock.Option[bool]{"SO_REUSEADDR": rawsock.SOReuseAddr, "SO_REUSEPORT": rawsock.SOReusePort} {
			g := m.receivers(t, option, 3)
			if name == "SO_REUSEPORT" {
				check(t, g.fds[0].AttachReuseportCBPF(ret(1)))
			}
			number := g.addr.AddrPort().Port()
			send(t, m.sender(t, m.sources[0]), atPort(t, m.group, number), "1", "2")
			for i, fd := range g.fds {
				if got := queued(t, fd); !slices.Equal(got, []string{"1", "2"}) {
					t.Errorf("%s: socket %d received %q", name, i, got)
				}
			}
			g.addr = atPort(t, m.sources[0], number)
			from := m.sender(t, m.sources[0])
			want := map[string]int{"SO_REUSEADDR": 2, "SO_REUSEPORT": 1}[name]
			if got := g.datagram(t, from, []byte("unicast")); got != want {
				t.Errorf("%s: unicast to socket %d, want %d", name, got, want)
			}
		}
	})
}

// Broadcasts too.
func TestBroadcastToSharedPort_E2(t *testing.T) {
	h := newHosts(t)
	var fds []rawsock.FD
	addr := atPort(t, netip.IPv4Unspecified(), 0)
	h.b.Do(func() {
		for range 3 {
			fd := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
			check(t, rawsock.SOReuseAddr.Set(fd, true))
			check(t, fd.Bind(addr))
			name, err := fd.Getsockname()
			check(t, err)
			addr, fds = name, append(fds, fd)
		}
	})
	sender, _ := datagramAt(t, h.a, hostA)
	check(t, rawsock.SOBroadcast.Set(sender, true))
	send(t, sender, atPort(t, netip.MustParseAddr("10.0.0.255"), addr.AddrPort().Port()), "x")
	for i, fd := range fds {
		if n, err := fd.Recv(make([]byte, 2), 0); n != 1 || err != nil {
			t.Errorf("socket %d: %d bytes, %v", i, n, err)
		}
	}
}
