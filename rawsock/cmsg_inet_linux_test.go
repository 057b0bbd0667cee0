package rawsock_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

func loopbackIndex(t *testing.T) uint32 {
	t.Helper()
	iface, err := net.InterfaceByName("lo")
	check(t, err)
	return uint32(iface.Index)
}

// A server on a wildcard address answers from the address that it was asked at.
func TestPktinfo4OnWildcardSocket(t *testing.T) {
	server, name := bound(t, unix.SOCK_DGRAM, rawsock.SockaddrInet4([4]byte{}, 0))
	enable(t, server, unix.SOL_IP, unix.IP_PKTINFO)
	client, _ := bound(t, unix.SOCK_DGRAM, loopback(0))
	asked := [4]byte{127, 0, 0, 77}
	sendControl(t, client, rawsock.SockaddrInet4(asked, portOf(name)), []byte("who"), nil)
	_, m := recvControl(t, server)
	info := find(t, m, rawsock.Cmsg.Pktinfo4)
	if want := (rawsock.Pktinfo4{Ifindex: loopbackIndex(t), SpecDst: asked, Addr: asked}); info != want {
		t.Fatalf("%+v, want %+v", info, want)
	}
	info.Addr = [4]byte{}
	sendControl(t, server, m.Name, []byte("me"), rawsock.AppendPktinfo4(nil, info))
	_, m = recvControl(t, client)
	if want := rawsock.SockaddrInet4(asked, portOf(name)); m.Name != want {
		t.Errorf("answered from %v, want %v", m.Name, want)
	}
}

func TestPktinfo6OnWildcardSocket(t *testing.T) {
	server, name := bound(t, unix.SOCK_DGRAM, rawsock.SockaddrInet6([16]byte{}, 0, 0, 0))
	enable(t, server, unix.SOL_IPV6, unix.IPV6_RECVPKTINFO)
	client, _ := bound(t, unix.SOCK_DGRAM, loopback6(0))
	sendControl(t, client, loopback6(portOf(name)), []byte("who"), nil)
	_, m := recvControl(t, server)
	info := find(t, m, rawsock.Cmsg.Pktinfo6)
	if want := (rawsock.Pktinfo6{Addr: [16]byte{15: 1}, Ifindex: loopbackIndex(t)}); info != want {
		t.Fatalf("%+v, want %+v", info, want)
	}
	sendControl(t, server, m.Name, []byte("me"), rawsock.AppendPktinfo6(nil, info))
	if _, m = recvControl(t, client); m.Name != loopback6(portOf(name)) {
		t.Errorf("answered from %v", m.Name)
	}
	stranger := rawsock.AppendPktinfo6(nil, rawsock.Pktinfo6{Addr: netip.MustParseAddr("2001:db8::1").As16()})
	_, err := server.Sendmsg(&rawsock.Msghdr{Name: m.Name, Control: stranger}, 0)
	wantErrno(t, err, unix.EINVAL)
}

// A socket for both families tells the address of an IPv4 datagram as a mapped
// one, and answers from it.
func TestPktinfoOnDualStackSocket(t *testing.T) {
	server := open(t, unix.AF_INET6, unix.SOCK_DGRAM, 0)
	check(t, server.SetsockoptInt(unix.SOL_IPV6, unix.IPV6_V6ONLY, 0))
	enable(t, server, unix.SOL_IPV6, unix.IPV6_RECVPKTINFO)
	check(t, server.Bind(rawsock.SockaddrInet6([16]byte{}, 0, 0, 0)))
	name, err := server.Getsockname()
	check(t, err)
	client, _ := bound(t, unix.SOCK_DGRAM, loopback(0))
	sendControl(t, client, rawsock.SockaddrInet4([4]byte{127, 0, 0, 78}, portOf(name)), []byte("who"), nil)
	_, m := recvControl(t, server)
	info := find(t, m, rawsock.Cmsg.Pktinfo6)
	if want := netip.MustParseAddr("::ffff:127.0.0.78").As16(); info.Addr != want {
		t.Fatalf("%+v", info)
	}
	info.Ifindex = 0
	sendControl(t, server, m.Name, []byte("me"), rawsock.AppendPktinfo6(nil, info))
	if _, m = recvControl(t, client); m.Name.AddrPort().Addr() != netip.MustParseAddr("127.0.0.78") {
		t.Errorf("answered from %v", m.Name)
	}
}

func TestTTLAndTOS(t *testing.T) {
	server, name := bound(t, unix.SOCK_DGRAM, loopback(0))
	enable(t, server, unix.SOL_IP, unix.IP_RECVTTL, unix.IP_RECVTOS)
	control := rawsock.AppendTOS(rawsock.AppendTTL(nil, 7), 0xb8)
	sendControl(t, server, name, []byte("x"), control)
	_, m := recvControl(t, server)
	if ttl, tos := find(t, m, rawsock.Cmsg.TTL), find(t, m, rawsock.Cmsg.TOS); ttl != 7 || tos != 0xb8 {
		t.Errorf("TTL %d, TOS %#x", ttl, tos)
	}
	for name, bad := range map[string][]byte{
		"TTL 0":   rawsock.AppendTTL(nil, 0),
		"TTL 256": rawsock.AppendTTL(nil, 256),
		"TOS 256": rawsock.AppendTOS(nil, 256),
		"TOS -1":  rawsock.AppendTOS(nil, -1),
	} {
		if _, err := server.Sendmsg(&rawsock.Msghdr{Name: m.Name, Control: bad}, 0); err != error(unix.EINVAL) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHopLimitAndTrafficClass(t *testing.T) {
	server, name := bound(t, unix.SOCK_DGRAM, loopback6(0))
	enable(t, server, unix.SOL_IPV6, unix.IPV6_RECVHOPLIMIT, unix.IPV6_RECVTCLASS)
	check(t, server.SetsockoptInt(unix.SOL_IPV6, unix.IPV6_UNICAST_HOPS, 33))
	for _, c := range []struct{ sent, hops, class int }{{7, 7, 0xb9}, {-1, 33, 0}} {
		control := rawsock.AppendTrafficClass(rawsock.AppendHopLimit(nil, c.sent), c.class)
		sendControl(t, server, name, []byte("x"), control)
		_, m := recvControl(t, server)
		hops, class := find(t, m, rawsock.Cmsg.HopLimit), find(t, m, rawsock.Cmsg.TrafficClass)
		if hops != c.hops || class != c.class {
			t.Errorf("%+v: hop limit %d, class %#x", c, hops, class)
		}
	}
	for name, bad := range map[string][]byte{
		"hop limit 256": rawsock.AppendHopLimit(nil, 256),
		"class 256":     rawsock.AppendTrafficClass(nil, 256),
	} {
		if _, err := server.Sendmsg(&rawsock.Msghdr{Name: loopback6(9), Control: bad}, 0); err != error(unix.EINVAL) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOrigDst(t *testing.T) {
	for _, c := range []struct {
		bind        rawsock.Sockaddr
		level, name int
	}{
		{loopback(0), unix.SOL_IP, unix.IP_RECVORIGDSTADDR},
		{loopback6(0), unix.SOL_IPV6, unix.IPV6_RECVORIGDSTADDR},
	} {
		server, name := bound(t, unix.SOCK_DGRAM, c.bind)
		enable(t, server, c.level, c.name)
		sendControl(t, server, name, []byte("x"), nil)
		_, m := recvControl(t, server)
		if dst := find(t, m, rawsock.Cmsg.OrigDst); dst != name {
			t.Errorf("%v, want %v", dst, name)
		}
	}
}

// On a loopback with the MTU of an Ethernet a datagram comes in fragments, whose
// size is told. With the usual MTU of 64 KiB there is none.
func TestFragSize(t *testing.T) {
	ns := sockettest.NewNetns(t)
	ns.Run("ip", "link", "set", "lo", "mtu", "1500")
	for _, c := range []struct {
		bind        rawsock.Sockaddr
		level, name int
		size        int
	}{
		{loopback(0), unix.SOL_IP, unix.IP_RECVFRAGSIZE, 1500},
		{loopback6(0), unix.SOL_IPV6, unix.IPV6_RECVFRAGSIZE, 1496},
	} {
		var server rawsock.FD
		var name rawsock.Sockaddr
		ns.Do(func() { server, name = bound(t, unix.SOCK_DGRAM, c.bind) })
		enable(t, server, c.level, c.name)
		sendControl(t, server, name, make([]byte, 4000), nil)
		data, m := recvControl(t, server)
		if size := find(t, m, rawsock.Cmsg.FragSize); size != c.size || len(data) != 4000 {
			t.Errorf("%v: fragments of %d bytes, want %d", c.bind, size, c.size)
		}
		sendControl(t, server, name, make([]byte, 400), nil)
		if _, m = recvControl(t, server); len(m.Control) != 0 {
			t.Errorf("%v: a whole datagram has % x", c.bind, m.Control)
		}
	}
}

// The options of the kernel's flow label manager, which x/sys does not have
// (linux/in6.h).
const (
	ipv6Flowinfo     = 11
	ipv6FlowlabelMgr = 32
)

// leaseFlowLabel returns a flow label that fd may send to the loopback address. The
// kernel chooses one that nobody has, and writes it to the option's value.
func leaseFlowLabel(t *testing.T, fd rawsock.FD) uint32 {
	t.Helper()
	request := make([]byte, 32) // struct in6_flowlabel_req
	request[15] = 1
	request[21] = 1                                // IPV6_FL_S_EXCL
	binary.NativeEndian.PutUint16(request[22:], 1) // IPV6_FL_F_CREATE
	check(t, fd.SetsockoptBytes(unix.SOL_IPV6, ipv6FlowlabelMgr, request))
	return binary.BigEndian.Uint32(request[16:])
}

func TestFlowLabelRoundTrip(t *testing.T) {
	const class = 0xb0
	server, name := bound(t, unix.SOCK_DGRAM, loopback6(0))
	enable(t, server, unix.SOL_IPV6, ipv6Flowinfo)
	flowinfo := class<<20 | leaseFlowLabel(t, server)
	control := rawsock.AppendTrafficClass(nil, class)
	sendControl(t, server, name, []byte("x"), rawsock.AppendFlowinfo(control, flowinfo))
	_, m := recvControl(t, server)
	if got := find(t, m, rawsock.Cmsg.Flowinfo); got != flowinfo || got&0xfffff == 0 {
		t.Errorf("flowinfo %#x, want %#x", got, flowinfo)
	}
	other := rawsock.AppendFlowinfo(nil, flowinfo^1)
	_, err := server.Sendmsg(&rawsock.Msghdr{Name: name, Control: other}, 0)
	wantErrno(t, err, unix.EINVAL)
}
