package rawsock_test

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

var udpEffects = []optionEffect{
	shows(effectSegment, rawsock.UDPSegment, rawsock.UDPGRO),
	shows(effectUDPCork, rawsock.UDPCork),
	shows(effectNoCheck, rawsock.SONoCheck),
	shows(effectNoCheck6, rawsock.UDPNoCheck6Tx, rawsock.UDPNoCheck6Rx),
}

var linkEffects = []optionEffect{
	shows(effectIgnoreOutgoing, rawsock.PacketIgnoreOutgoing, rawsock.PacketStatistics),
	shows(effectVnetHdr, rawsock.PacketVnetHdr),
	shows(effectAuxdata, rawsock.PacketAuxdata),
	shows(effectNetlinkMembership, rawsock.NetlinkAddMembership, rawsock.NetlinkDropMembership, rawsock.NetlinkPktInfo),
	shows(effectCapAck, rawsock.NetlinkCapAck),
}

// One send is several datagrams, and with UDP_GRO they come as one again.
func effectSegment(t *testing.T) {
	sender, receiver := datagrams(t, loopback(0))
	check(t, rawsock.UDPSegment.Set(sender, 4))
	sendOne(t, sender, "abcdefghij")
	for _, want := range []string{"abcd", "efgh", "ij"} {
		wantReceived(t, receiver, want)
	}
	check(t, rawsock.UDPGRO.Set(receiver, true))
	sendOne(t, sender, "abcdefghij")
	data, m := recvControl(t, receiver)
	if size := find(t, m, rawsock.Cmsg.UDPGRO); size != 4 || string(data) != "abcdefghij" {
		t.Errorf("received %q in datagrams of %d", data, size)
	}
}

func effectUDPCork(t *testing.T) {
	sender, receiver := datagrams(t, loopback(0))
	check(t, rawsock.UDPCork.Set(sender, true))
	sendOne(t, sender, "ab")
	sendOne(t, sender, "cd")
	wantNothing(t, receiver, "corked")
	check(t, rawsock.UDPCork.Set(sender, false))
	wantReceived(t, receiver, "abcd")
}

// The checksum in the UDP header is 0.
func effectNoCheck(t *testing.T) {
	sockettest.NeedRoot(t)
	lonely(t, func(*sockettest.Netns) {
		raw := open(t, unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_UDP)
		sender, _ := datagrams(t, loopback(0))
		for _, off := range []bool{false, true} {
			check(t, rawsock.SONoCheck.Set(sender, off))
			sendOne(t, sender, "hello")
			packet := make([]byte, 100)
			_, err := raw.Recv(packet, 0)
			check(t, err)
			if sum := packet[26:28]; (sum[0]|sum[1] == 0) != off {
				t.Errorf("SO_NO_CHECK %t: checksum % x", off, sum)
			}
		}
	})
}

// Over IPv6 a datagram without a checksum is dropped unless it is wanted.
func effectNoCheck6(t *testing.T) {
	sender, receiver := datagrams(t, loopback6(0))
	sendOne(t, sender, "with")
	wantReceived(t, receiver, "with")
	check(t, rawsock.UDPNoCheck6Tx.Set(sender, true))
	sendOne(t, sender, "without")
	wantNothing(t, receiver, "no checksum")
	check(t, rawsock.UDPNoCheck6Rx.Set(receiver, true))
	sendOne(t, sender, "wanted")
	wantReceived(t, receiver, "wanted")
}

// frames returns a packet socket for all protocols and a sender whose datagrams it
// sees: twice, as they leave and as they arrive.
func frames(t *testing.T) (packets, sender rawsock.FD) {
	t.Helper()
	packets = open(t, unix.AF_PACKET, unix.SOCK_RAW, 0)
	every, err := rawsock.SockaddrFromBytes(append([]byte{unix.AF_PACKET, 0, 0, unix.ETH_P_ALL, 0, 0, 0, 0}, make([]byte, 12)...))
	check(t, err)
	check(t, packets.Bind(every))
	sender, _ = datagrams(t, loopback(0))
	return packets, sender
}

func effectIgnoreOutgoing(t *testing.T) {
	lonely(t, func(*sockettest.Netns) {
		packets, sender := frames(t)
		for ignore, want := range map[bool]uint32{false: 2, true: 1} {
			check(t, rawsock.PacketIgnoreOutgoing.Set(packets, ignore))
			_, err := rawsock.PacketStatistics.Get(packets) // begins to count
			check(t, err)
			sendOne(t, sender, "hello")
			var count uint32
			eventually(t, func() bool {
				stats, err := rawsock.PacketStatistics.Get(packets)
				check(t, err)
				count += stats.Packets
				return count >= want
			}, "%d packets did not come", want)
			if count != want {
				t.Errorf("PACKET_IGNORE_OUTGOING %t: %d packets, want %d", ignore, count, want)
			}
		}
	})
}

// Ten bytes come before each frame.
func effectVnetHdr(t *testing.T) {
	lonely(t, func(*sockettest.Netns) {
		packets, sender := frames(t)
		var sizes [2]int
		for i, on := range []bool{false, true} {
			check(t, rawsock.PacketVnetHdr.Set(packets, on))
			sendOne(t, sender, "hello")
			var err error
			sizes[i], err = packets.Recv(make([]byte, 200), 0)
			check(t, err)
			_, err = packets.Recv(make([]byte, 200), 0) // as it arrives
			check(t, err)
		}
		if sizes[1] != sizes[0]+10 {
			t.Errorf("frames of %d bytes", sizes)
		}
	})
}

func effectAuxdata(t *testing.T) {
	lonely(t, func(*sockettest.Netns) {
		packets, sender := frames(t)
		auxdata := func(c rawsock.Cmsg) (int, bool) { return len(c.Data), c.Is(unix.SOL_PACKET, unix.PACKET_AUXDATA) }
		check(t, rawsock.PacketIgnoreOutgoing.Set(packets, true))
		sendOne(t, sender, "before")
		if _, m := recvControl(t, packets); has(m, auxdata) {
			t.Error("auxdata without PACKET_AUXDATA")
		}
		check(t, rawsock.PacketAuxdata.Set(packets, true))
		sendOne(t, sender, "after")
		_, m := recvControl(t, packets)
		if n := find(t, m, auxdata); n != 20 {
			t.Errorf("auxdata of %d bytes", n)
		}
	})
}

// A member of RTNLGRP_LINK hears of a new interface, and of which group told it.
func effectNetlinkMembership(t *testing.T) {
	lonely(t, func(ns *sockettest.Netns) {
		fd := open(t, unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
		check(t, fd.Bind(rawsock.SockaddrNetlink(0, 0))) // what has no port hears nothing
		check(t, rawsock.NetlinkPktInfo.Set(fd, true))
		add := func(name string) { ns.Run("ip", "link", "add", name, "type", "veth", "peer", "name", "peer-"+name) }
		add("first")
		wantNothing(t, fd, "not a member")
		check(t, rawsock.NetlinkAddMembership.Set(fd, unix.RTNLGRP_LINK))
		add("second")
		_, m := recvControl(t, fd)
		group := func(c rawsock.Cmsg) ([]byte, bool) { return c.Data, c.Is(unix.SOL_NETLINK, unix.NETLINK_PKTINFO) }
		if got, err := rawsock.SOMark.Decode(find(t, m, group)); got != unix.RTNLGRP_LINK || err != nil {
			t.Errorf("of group %d", got)
		}
		check(t, rawsock.NetlinkDropMembership.Set(fd, unix.RTNLGRP_LINK))
		for { // what else the change said
			if _, err := fd.Recv(make([]byte, 1<<16), unix.MSG_DONTWAIT); err != nil {
				break
			}
		}
		add("third")
		wantNothing(t, fd, "a member no more")
	})
}

// NETLINK_CAP_ACK leaves the request out of the answer.
func effectCapAck(t *testing.T) {
	const capped = 0x100 // NLM_F_CAPPED
	fd := open(t, unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
	for _, on := range []bool{false, true} {
		check(t, rawsock.NetlinkCapAck.Set(fd, on))
		request := make([]byte, unix.SizeofNlMsghdr) // of a type that there is not
		binary.NativeEndian.PutUint32(request, uint32(len(request)))
		binary.NativeEndian.PutUint16(request[4:], 0xfff)
		binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_ACK)
		sendOne(t, fd, string(request))
		answer := make([]byte, 1000)
		n, err := fd.Recv(answer, 0)
		check(t, err)
		flags := binary.NativeEndian.Uint16(answer[6:])
		if n < unix.SizeofNlMsghdr || (flags&capped != 0) != on {
			t.Errorf("NETLINK_CAP_ACK %t: answer % x", on, answer[:n])
		}
	}
}
