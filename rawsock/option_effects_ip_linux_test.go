package rawsock_test

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

var ipEffects = []optionEffect{
	shows(effectTTL, rawsock.IPTTL, rawsock.IPRecvTTL),
	shows(effectTOS, rawsock.IPTOS, rawsock.IPRecvTOS),
	shows(effectPktInfo, rawsock.IPPktInfo),
	shows(effectOrigDst, rawsock.IPRecvOrigDstAddr),
	shows(effectIPOptions, rawsock.IPOptions, rawsock.IPRecvOpts, rawsock.IPRetOpts),
	shows(effectMTUDiscover, rawsock.IPMTUDiscover, rawsock.IPMTU),
	shows(effectRecvFragSize, rawsock.IPRecvFragSize),
	shows(effectRecvErr, rawsock.IPRecvErr),
	shows(effectFreeBind, rawsock.IPFreeBind),
	shows(effectTransparent, rawsock.IPTransparent),
	shows(effectMinTTL, rawsock.IPMinTTL),
	shows(effectBindAddressNoPort, rawsock.IPBindAddressNoPort),
	shows(effectLocalPortRange, rawsock.IPLocalPortRange),
	shows(effectHdrIncl, rawsock.IPHdrIncl),
	shows(effectICMPFilter, rawsock.ICMPFilter),
}

var ip6Effects = []optionEffect{
	shows(effectV6Only, rawsock.IPv6V6Only),
	shows(effectUnicastHops, rawsock.IPv6UnicastHops, rawsock.IPv6RecvHopLimit),
	shows(effectTClass, rawsock.IPv6TClass, rawsock.IPv6RecvTClass),
	shows(effectPktInfo6, rawsock.IPv6RecvPktInfo),
	shows(effectDontFrag, rawsock.IPv6DontFrag, rawsock.IPv6MTU, rawsock.IPv6RecvFragSize),
	shows(effectRecvErr6, rawsock.IPv6RecvErr),
	shows(effectFlowInfo, rawsock.IPv6FlowInfoSend, rawsock.IPv6FlowLabelMgr, rawsock.IPv6FlowInfo),
	shows(effectFreeBind6, rawsock.IPv6FreeBind),
	shows(effectMinHopCount, rawsock.IPv6MinHopCount),
}

func effectTTL(t *testing.T) {
	sender, receiver := datagrams(t, loopback(0))
	check(t, rawsock.IPTTL.Set(sender, 77))
	if got := told(t, rawsock.IPRecvTTL, sender, receiver, rawsock.Cmsg.TTL); got != 77 {
		t.Errorf("time to live %d, want 77", got)
	}
}

// E11
func effectTOS(t *testing.T) {
	sender, receiver := datagrams(t, loopback(0))
	check(t, rawsock.IPTOS.Set(sender, 0xb9))
	if got := told(t, rawsock.IPRecvTOS, sender, receiver, rawsock.Cmsg.TOS); got != 0xb9 {
		t.Errorf("type of service %#x, want 0xb9", got)
	}
}

func effectPktInfo(t *testing.T) {
	receiver, addr := bound(t, unix.SOCK_DGRAM, rawsock.SockaddrInet4([4]byte{}, 0))
	sender := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	check(t, sender.Connect(rawsock.SockaddrInet4([4]byte{127, 1, 2, 3}, portOf(addr))))
	if got := told(t, rawsock.IPPktInfo, sender, receiver, rawsock.Cmsg.Pktinfo4); got.Addr != [4]byte{127, 1, 2, 3} || got.Ifindex != 1 {
		t.Errorf("%+v", got)
	}
}

func effectOrigDst(t *testing.T) {
	sender, receiver := datagrams(t, loopback(0))
	name, err := receiver.Getsockname()
	check(t, err)
	if got := told(t, rawsock.IPRecvOrigDstAddr, sender, receiver, rawsock.Cmsg.OrigDst); got != name {
		t.Errorf("original destination %v, want %v", got, name)
	}
}

// A record route of one entry comes with this host's address in it.
func effectIPOptions(t *testing.T) {
	const recordRoute = 7
	sender, receiver := datagrams(t, loopback(0))
	check(t, rawsock.IPOptions.Set(sender, []byte{recordRoute, 7, 4, 0, 0, 0, 0, 0}))
	options := func(typ int) func(rawsock.Cmsg) ([]byte, bool) {
		return func(c rawsock.Cmsg) ([]byte, bool) { return c.Data, c.Is(unix.IPPROTO_IP, typ) }
	}
	for typ, o := range map[int]rawsock.Option[bool]{unix.IP_RECVOPTS: rawsock.IPRecvOpts, unix.IP_RETOPTS: rawsock.IPRetOpts} {
		got := told(t, o, sender, receiver, options(typ))
		if len(got) < 7 || got[0] != recordRoute || [4]byte(got[3:]) != loop4 {
			t.Errorf("%s: % x", o.Info().Name, got)
		}
		check(t, o.Set(receiver, false))
	}
}

func effectMTUDiscover(t *testing.T) {
	lonely(t, func(*sockettest.Netns) {
		sender, receiver := datagrams(t, loopback(0))
		big := string(make([]byte, 2000))
		check(t, rawsock.IPMTUDiscover.Set(sender, unix.IP_PMTUDISC_DONT))
		sendOne(t, sender, big)
		wantReceived(t, receiver, big)
		check(t, rawsock.IPMTUDiscover.Set(sender, unix.IP_PMTUDISC_DO))
		_, err := sender.Send([]byte(big), 0)
		wantErrno(t, err, unix.EMSGSIZE)
		mtu, err := rawsock.IPMTU.Get(sender)
		check(t, err)
		if mtu != 1500 {
			t.Errorf("IP_MTU is %d", mtu)
		}
	})
}

func effectRecvFragSize(t *testing.T) {
	lonely(t, func(*sockettest.Netns) {
		sender, receiver := datagrams(t, loopback(0))
		check(t, rawsock.IPMTUDiscover.Set(sender, unix.IP_PMTUDISC_DONT))
		check(t, rawsock.IPRecvFragSize.Set(receiver, true))
		sendOne(t, sender, string(make([]byte, 2000)))
		_, m := recvControl(t, receiver)
		if size := find(t, m, rawsock.Cmsg.FragSize); size != 1500 {
			t.Errorf("fragments of %d bytes, want 1500", size)
		}
	})
}

func effectRecvErr(t *testing.T)  { recvErr(t, rawsock.IPRecvErr, loopback(0)) }
func effectRecvErr6(t *testing.T) { recvErr(t, rawsock.IPv6RecvErr, loopback6(0)) }

// recvErr sends to a port that nobody has: without the option a socket that is
// not connected does not hear of it.
func recvErr(t *testing.T, o rawsock.Option[bool], sa rawsock.Sockaddr) {
	for _, on := range []bool{false, true} {
		fd := open(t, sa.Family(), unix.SOCK_DGRAM, 0)
		check(t, o.Set(fd, on))
		sendTo(t, fd, "nobody", deserted(t, sa))
		var q rawsock.QueuedErr
		if !on {
			_, err := fd.RecvErr(&q, nil, 0)
			wantErrno(t, err, unix.EAGAIN)
			continue
		}
		await(t, fd, 0)
		_, err := fd.RecvErr(&q, nil, 0)
		check(t, err)
		if q.Errno != unix.ECONNREFUSED {
			t.Errorf("%+v", q.ExtendedErr)
		}
	}
}

func effectFreeBind(t *testing.T) {
	bindsAnything(t, rawsock.IPFreeBind, rawsock.SockaddrInet4([4]byte{192, 0, 2, 1}, 0))
}

func effectTransparent(t *testing.T) {
	sockettest.NeedRoot(t)
	bindsAnything(t, rawsock.IPTransparent, rawsock.SockaddrInet4([4]byte{192, 0, 2, 1}, 0))
}

func effectFreeBind6(t *testing.T) {
	bindsAnything(t, rawsock.IPv6FreeBind, addrPort(t, "[2001:db8::1]:0"))
}

func bindsAnything(t *testing.T, o rawsock.Option[bool], foreign rawsock.Sockaddr) {
	fd := open(t, foreign.Family(), unix.SOCK_DGRAM, 0)
	wantErrno(t, fd.Bind(foreign), unix.EADDRNOTAVAIL)
	check(t, o.Set(fd, true))
	check(t, fd.Bind(foreign))
}

func effectMinTTL(t *testing.T) {
	dropsFarPackets(t, rawsock.IPMinTTL, rawsock.IPTTL, loopback(0))
}

func effectMinHopCount(t *testing.T) {
	dropsFarPackets(t, rawsock.IPv6MinHopCount, rawsock.IPv6UnicastHops, loopback6(0))
}

// dropsFarPackets sends with a time to live that is too small: it is sent again
// and again, until it is large enough.
func dropsFarPackets(t *testing.T, least, ttl rawsock.Option[int], sa rawsock.Sockaddr) {
	t.Parallel()
	l, addr := listener(t, sa)
	client := open(t, sa.Family(), unix.SOCK_STREAM, 0)
	check(t, client.Connect(addr))
	server, err := l.AcceptNull()
	check(t, err)
	adopt(t, server)
	check(t, ttl.Set(client, 254))
	check(t, least.Set(server, 255))
	sendOne(t, client, "far")
	eventually(t, func() bool { return tcpInfo(t, client).TotalRetrans > 0 }, "it was not sent again")
	wantNothing(t, server, "sent from too far")
	check(t, ttl.Set(client, 255))
	wantReceived(t, server, "far")
}

func effectBindAddressNoPort(t *testing.T) {
	for _, on := range []bool{false, true} {
		fd := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
		check(t, rawsock.IPBindAddressNoPort.Set(fd, on))
		check(t, fd.Bind(loopback(0)))
		name, err := fd.Getsockname()
		check(t, err)
		if got := portOf(name) == 0; got != on {
			t.Errorf("IP_BIND_ADDRESS_NO_PORT %t: bound to %v", on, name)
		}
	}
}

func effectLocalPortRange(t *testing.T) {
	outside := 0
	for range 20 {
		fd := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
		check(t, rawsock.IPLocalPortRange.Set(fd, rawsock.PortRange{Low: 40000, High: 40999}))
		check(t, fd.Bind(loopback(0)))
		name, err := fd.Getsockname()
		check(t, err)
		if port := portOf(name); port < 40000 || port > 40999 {
			outside++
		}
	}
	if outside != 0 {
		t.Errorf("%d of 20 ports are outside the range", outside)
	}
}

// The IP header is the caller's own, up to its time to live.
func effectHdrIncl(t *testing.T) {
	sockettest.NeedRoot(t)
	receiver, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	raw := open(t, unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_UDP)
	check(t, rawsock.IPRecvTTL.Set(receiver, true))
	check(t, rawsock.IPHdrIncl.Set(raw, true))
	header := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 99, unix.IPPROTO_UDP, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1}
	udp := binary.BigEndian.AppendUint16([]byte{0, 9}, portOf(addr))
	sendTo(t, raw, string(header)+string(udp)+"\x00\x0a\x00\x00hi", loopback(0))
	data, m := recvControl(t, receiver)
	if ttl := find(t, m, rawsock.Cmsg.TTL); string(data) != "hi" || ttl != 99 {
		t.Errorf("received %q with a time to live of %d", data, ttl)
	}
}

// Without the filter a raw socket sees its own request before the reply.
func effectICMPFilter(t *testing.T) {
	sockettest.NeedRoot(t)
	const echoReply, echo = 0, 8
	for _, c := range []struct {
		filter uint32
		want   byte
	}{{0, echo}, {1 << echo, echoReply}} {
		fd := open(t, unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
		check(t, rawsock.ICMPFilter.Set(fd, c.filter))
		to := rawsock.SockaddrInet4([4]byte{127, 7, 7, 7}, 0)
		check(t, firstOf(fd.Bind(to), fd.Connect(to))) // which leaves out others' packets
		sendOne(t, fd, string([]byte{echo, 0, 0xf7, 0xff, 0, 0, 0, 0}))
		packet := make([]byte, 100)
		n, err := fd.Recv(packet, 0)
		check(t, err)
		if n != 28 || packet[20] != c.want {
			t.Errorf("filter %#x: first received % x", c.filter, packet[:n])
		}
	}
}

func effectV6Only(t *testing.T) {
	for _, only := range []bool{false, true} {
		l := open(t, unix.AF_INET6, unix.SOCK_STREAM, 0)
		check(t, rawsock.IPv6V6Only.Set(l, only))
		check(t, l.Bind(rawsock.SockaddrInet6([16]byte{}, 0, 0, 0)))
		check(t, l.Listen(1))
		name, err := l.Getsockname()
		check(t, err)
		err = open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Connect(loopback(portOf(name)))
		if only {
			wantErrno(t, err, unix.ECONNREFUSED)
		} else {
			check(t, err)
		}
	}
}

func effectUnicastHops(t *testing.T) {
	sender, receiver := datagrams(t, loopback6(0))
	check(t, rawsock.IPv6UnicastHops.Set(sender, 77))
	if got := told(t, rawsock.IPv6RecvHopLimit, sender, receiver, rawsock.Cmsg.HopLimit); got != 77 {
		t.Errorf("hop limit %d, want 77", got)
	}
}

func effectTClass(t *testing.T) {
	sender, receiver := datagrams(t, loopback6(0))
	check(t, rawsock.IPv6TClass.Set(sender, 0xb9))
	if got := told(t, rawsock.IPv6RecvTClass, sender, receiver, rawsock.Cmsg.TrafficClass); got != 0xb9 {
		t.Errorf("traffic class %#x, want 0xb9", got)
	}
}

func effectPktInfo6(t *testing.T) {
	sender, receiver := datagrams(t, loopback6(0))
	if got := told(t, rawsock.IPv6RecvPktInfo, sender, receiver, rawsock.Cmsg.Pktinfo6); got.Addr != loop6 || got.Ifindex != 1 {
		t.Errorf("%+v", got)
	}
}

// The size of fragments is the route's or less, and then there are none at all.
func effectDontFrag(t *testing.T) {
	lonely(t, func(*sockettest.Netns) {
		sender, receiver := datagrams(t, loopback6(0))
		check(t, rawsock.IPv6RecvFragSize.Set(receiver, true))
		fragment := func(c rawsock.Cmsg) ([]byte, bool) { return c.Data, c.Is(unix.IPPROTO_IPV6, unix.IPV6_RECVFRAGSIZE) }
		for _, mtu := range []int{1500, 1280} {
			check(t, rawsock.IPv6MTU.Set(sender, mtu))
			sendOne(t, sender, string(make([]byte, 2000)))
			_, m := recvControl(t, receiver)
			size := int(binary.NativeEndian.Uint32(find(t, m, fragment)))
			if size > mtu || size < mtu-8 {
				t.Errorf("IPV6_MTU %d: fragments of %d bytes", mtu, size)
			}
		}
		check(t, rawsock.IPv6DontFrag.Set(sender, true))
		_, err := sender.Send(make([]byte, 2000), 0)
		wantErrno(t, err, unix.EMSGSIZE)
	})
}

// A flow label goes with the address and comes with the datagram. Once one is
// leased for a single socket, a label that is not is refused.
func effectFlowInfo(t *testing.T) {
	lonely(t, func(*sockettest.Netns) {
		receiver, addr := bound(t, unix.SOCK_DGRAM, loopback6(0))
		check(t, rawsock.IPv6FlowInfo.Set(receiver, true))
		send := func(fd rawsock.FD, label uint32) error {
			_, err := fd.Sendto([]byte("x"), 0, rawsock.SockaddrInet6(loop6, portOf(addr), label, 0))
			return err
		}
		label := func() uint32 {
			_, m := recvControl(t, receiver)
			return find(t, m, rawsock.Cmsg.Flowinfo) & 0xfffff
		}
		owner := open(t, unix.AF_INET6, unix.SOCK_DGRAM, 0)
		check(t, send(owner, 0x12345))
		if got := label(); got == 0x12345 {
			t.Error("the label was sent without IPV6_FLOWINFO_SEND")
		}
		lease := rawsock.FlowLabelReq{Dst: loop6, Label: [4]byte{1: 1, 0x23, 0x45}, Share: 1, Flags: 1} // exclusive, new
		check(t, rawsock.IPv6FlowLabelMgr.Set(owner, lease))
		check(t, rawsock.IPv6FlowInfoSend.Set(owner, true))
		check(t, send(owner, 0x12345))
		if got := label(); got != 0x12345 {
			t.Errorf("label %#x, want 0x12345", got)
		}
		other := open(t, unix.AF_INET6, unix.SOCK_DGRAM, 0)
		check(t, rawsock.IPv6FlowInfoSend.Set(other, true))
		wantErrno(t, send(other, 0x12345), unix.EINVAL)
	})
}
