package rawsock_test

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// hosts are two network namespaces with a cable between them: 10.0.0.1 and
// 10.0.0.2, and an interface veth0 each.
type hosts struct{ a, b *sockettest.Netns }

func newHosts(t *testing.T) hosts {
	t.Helper()
	h := hosts{sockettest.NewNetns(t), sockettest.NewNetns(t)}
	sockettest.Veth(h.a, h.b, "10.0.0.1/24", "10.0.0.2/24")
	return h
}

var (
	hostA = netip.MustParseAddr("10.0.0.1")
	hostB = netip.MustParseAddr("10.0.0.2")
)

// datagramAt is a UDP socket in a namespace, bound to addr and an own port.
func datagramAt(t *testing.T, ns *sockettest.Netns, addr netip.Addr) (fd rawsock.FD, name rawsock.Sockaddr) {
	t.Helper()
	ns.Do(func() { fd, name = bound(t, unix.SOCK_DGRAM, atPort(t, addr, 0)) })
	return fd, name
}

// E13: an int or one byte, from 0 to 255; -1 is the default of 1.
func TestMulticastTTLForms_E13(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	ttl := func() int {
		t.Helper()
		v, err := rawsock.IPMulticastTTL.Get(fd)
		check(t, err)
		return v
	}
	if got := ttl(); got != 1 {
		t.Errorf("default: %d", got)
	}
	for _, v := range []int{0, 1, 2, 32, 64, 128, 255} {
		check(t, fd.SetsockoptInt(unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, v))
		if got := ttl(); got != v {
			t.Errorf("int %d: reads %d", v, got)
		}
		check(t, fd.SetsockoptBytes(unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, []byte{byte(v) ^ 1}))
		if got := ttl(); got != v^1 {
			t.Errorf("byte %d: reads %d", v^1, got)
		}
	}
	check(t, fd.SetsockoptInt(unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, -1))
	if got := ttl(); got != 1 {
		t.Errorf("-1: reads %d", got)
	}
	for _, v := range []int{256, 300, -2} {
		wantErrno(t, fd.SetsockoptInt(unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, v), unix.EINVAL)
	}
	wantErrno(t, fd.SetsockoptBytes(unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, nil), unix.EINVAL)
}

// G3: the TTL is on the wire and counts hops. With 0 a datagram does not leave the
// host, if that has a member itself (the kernel's ip_mc_output; without one it is
// sent all the same).
func TestMulticastTTLOnTheWire_E13_G3(t *testing.T) {
	h := newHosts(t)
	group := mcasts["IPv4"].group
	there, name := datagramAt(t, h.b, netip.IPv4Unspecified())
	check(t, rawsock.IPRecvTTL.Set(there, true))
	check(t, there.JoinGroup(group, rawsock.Iface{Addr: hostB}))
	to := atPort(t, group, name.AddrPort().Port())
	var here rawsock.FD
	h.a.Do(func() { here, _ = bound(t, unix.SOCK_DGRAM, to) })
	check(t, here.JoinGroup(group, rawsock.Iface{Addr: hostA}))
	sender, _ := datagramAt(t, h.a, hostA)
	check(t, rawsock.IPMulticastIf.Set(sender, rawsock.IPMreqn{Address: hostA.As4()}))
	for _, ttl := range []int{0, 1, 2, 255} {
		check(t, rawsock.IPMulticastTTL.Set(sender, ttl))
		send(t, sender, to, string(rune(ttl)))
		if got := queued(t, here); len(got) != 1 || got[0] != string(rune(ttl)) {
			t.Errorf("TTL %d: this host received %q", ttl, got)
		}
		if ttl == 0 {
			continue // the next to arrive there has 1
		}
		m := rawsock.Msghdr{Buffers: [][]byte{make([]byte, 4)}, Control: make([]byte, 64)}
		n, err := there.Recvmsg(&m, 0)
		check(t, err)
		got := -1
		for c := range m.Cmsgs() {
			got, _ = c.TTL()
		}
		if p := string(m.Buffers[0][:n]); got != ttl || p != string(rune(ttl)) {
			t.Errorf("TTL %d: %q came with %d", ttl, p, got)
		}
	}
}

// The same for IPv6, where the default is read as 1 too.
func TestMulticastHops(t *testing.T) {
	fd := open(t, unix.AF_INET6, unix.SOCK_DGRAM, 0)
	for _, v := range []int{0, 1, 2, 255, -1} {
		check(t, rawsock.IPv6MulticastHops.Set(fd, v))
		want := v
		if v == -1 {
			want = 1
		}
		if got, err := rawsock.IPv6MulticastHops.Get(fd); got != want || err != nil {
			t.Errorf("%d: reads %d, %v", v, got, err)
		}
	}
	wantErrno(t, rawsock.IPv6MulticastHops.Set(fd, 256), unix.EINVAL)
	wantErrno(t, rawsock.IPv6MulticastHops.Set(fd, -2), unix.EINVAL)
}

// E14: the sender's own host gets its datagrams, or does not; others do.
func TestMulticastLoop_E14(t *testing.T) {
	h := newHosts(t)
	group := mcasts["IPv4"].group
	here, name := datagramAt(t, h.a, netip.IPv4Unspecified())
	to := atPort(t, group, name.AddrPort().Port())
	check(t, here.JoinGroup(group, rawsock.Iface{Addr: hostA}))
	var there rawsock.FD
	h.b.Do(func() { there, _ = bound(t, unix.SOCK_DGRAM, to) })
	check(t, there.JoinGroup(group, rawsock.Iface{Addr: hostB}))
	sender, _ := datagramAt(t, h.a, hostA)
	check(t, rawsock.IPMulticastIf.Set(sender, rawsock.IPMreqn{Address: hostA.As4()}))
	for _, loop := range []bool{true, false} { // true is the default
		if !loop {
			check(t, rawsock.IPMulticastLoop.Set(sender, false))
		}
		if got, err := rawsock.IPMulticastLoop.Get(sender); got != loop || err != nil {
			t.Errorf("loop reads %v, %v", got, err)
		}
		send(t, sender, to, "x")
		if n, err := there.Recv(make([]byte, 2), 0); n != 1 || err != nil {
			t.Errorf("loop %v: the other host received %d bytes, %v", loop, n, err)
		}
		if got := len(queued(t, here)); got != map[bool]int{true: 1, false: 0}[loop] {
			t.Errorf("loop %v: this host received %d", loop, got)
		}
	}
}

// E15, G2: struct ip_mreq has 8 bytes and struct ip_mreqn 12. What is shorter than
// the first is refused; Python's struct.pack('4sl'), with 16 bytes on 64-bit
// machines, is taken for the second as the rest is 0.
func TestMembershipLengths_E15_G2(t *testing.T) {
	group := mcasts["IPv4"].group.As4()
	mreqn := append(append(group[:], 127, 0, 0, 1), make([]byte, 24)...)
	for n := range 25 {
		fd := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
		err := fd.SetsockoptBytes(unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, mreqn[:n])
		if n < 8 {
			wantErrno(t, err, unix.EINVAL)
			continue
		}
		check(t, err)
		// The interface was understood: leaving it by index works.
		check(t, fd.LeaveGroup(netip.AddrFrom4(group), lo))
	}
}

// B18: 224.0.0.0 to 239.255.255.255 for the kernel too.
func TestMulticastRange_B18(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	for text, want := range map[string]bool{
		"223.255.255.255": false, "224.0.0.0": true, "224.0.0.1": true, "230.255.255.255": true, "231.0.0.0": true,
		"239.255.255.255": true, "240.0.0.0": false, "255.255.255.255": false, "127.0.0.1": false,
	} {
		addr := netip.MustParseAddr(text)
		if rawsock.IsMulticast(addr.As4()) != want {
			t.Errorf("IsMulticast(%v) is %v", addr, !want)
		}
		err := fd.JoinGroup(addr, lo)
		if want && err != nil || !want && err != error(unix.EINVAL) {
			t.Errorf("join %v: %v", addr, err)
		}
	}
}

// G4: multicast is for datagrams.
func TestMulticastNotOverTCP_G4(t *testing.T) {
	for name, m := range mcasts {
		family := atPort(t, m.group, 1).Family()
		fd := open(t, family, unix.SOCK_STREAM, 0)
		if err := fd.JoinGroup(m.group, lo); err != error(unix.EPROTO) {
			t.Errorf("%s: join: %v, want EPROTO", name, err)
		}
		if err := fd.Connect(atPort(t, m.group, 9)); err != error(unix.ENETUNREACH) {
			t.Errorf("%s: connect: %v, want ENETUNREACH", name, err)
		}
	}
}
