package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Pktinfo4 is a struct in_pktinfo (ip(7)).
type Pktinfo4 struct {
	Ifindex uint32  // received: the interface it came by; to send: the one to use, or 0
	SpecDst [4]byte // received: the local address to answer from; to send: the source, or zero
	Addr    [4]byte // received: the destination in the header; to send: not used
}

// AppendPktinfo4 appends IP_PKTINFO: source and interface of this one datagram.
// What is zero is chosen by the kernel. Linux 2.2.
func AppendPktinfo4(b []byte, p Pktinfo4) []byte {
	b, room := openCmsg(b, unix.SOL_IP, unix.IP_PKTINFO, unix.SizeofInet4Pktinfo)
	binary.NativeEndian.PutUint32(room, p.Ifindex)
	copy(room[4:], p.SpecDst[:])
	copy(room[8:], p.Addr[:])
	return b
}

// Pktinfo4 reads IP_PKTINFO, which the option of that name turns on.
func (m Cmsg) Pktinfo4() (p Pktinfo4, ok bool) {
	if !m.sized(unix.SOL_IP, unix.IP_PKTINFO, unix.SizeofInet4Pktinfo) {
		return p, false
	}
	p.Ifindex = binary.NativeEndian.Uint32(m.Data)
	copy(p.SpecDst[:], m.Data[4:])
	copy(p.Addr[:], m.Data[8:])
	return p, true
}

// AppendTTL appends IP_TTL: the time to live of this one datagram, an int of 1 to
// 255. Linux 3.13.
func AppendTTL(b []byte, ttl int) []byte {
	return appendUint32(b, unix.SOL_IP, unix.IP_TTL, uint32(ttl))
}

// TTL reads IP_TTL, which IP_RECVTTL turns on. Linux 2.2.
func (m Cmsg) TTL() (ttl int, ok bool) { return m.int(unix.SOL_IP, unix.IP_TTL) }

// AppendTOS appends IP_TOS: the type of service (DSCP and ECN) of this one
// datagram, an int of 0 to 255. Linux 3.13.
func AppendTOS(b []byte, tos int) []byte {
	return appendUint32(b, unix.SOL_IP, unix.IP_TOS, uint32(tos))
}

// TOS reads IP_TOS, which IP_RECVTOS turns on: one byte from the kernel, though
// an int when it is sent. Linux 2.2.
func (m Cmsg) TOS() (tos int, ok bool) {
	if m.sized(unix.SOL_IP, unix.IP_TOS, 1) {
		return int(m.Data[0]), true
	}
	return m.int(unix.SOL_IP, unix.IP_TOS)
}

// OrigDst reads IP_ORIGDSTADDR (Linux 2.6.29) and IPV6_ORIGDSTADDR (2.6.37),
// which IP_RECVORIGDSTADDR and IPV6_RECVORIGDSTADDR turn on: where a datagram was
// going before a transparent proxy took it, with the port.
func (m Cmsg) OrigDst() (Sockaddr, bool) {
	if m.sized(unix.SOL_IP, unix.IP_ORIGDSTADDR, unix.SizeofSockaddrInet4) ||
		m.sized(unix.SOL_IPV6, unix.IPV6_ORIGDSTADDR, unix.SizeofSockaddrInet6) {
		return sockaddrOf(m.Data), true
	}
	return Sockaddr{}, false
}

// FragSize reads IP_RECVFRAGSIZE and IPV6_RECVFRAGSIZE, which the options of those
// names turn on: the size of the largest fragment that a datagram came in, only
// where it came in fragments. Linux 4.10.
func (m Cmsg) FragSize() (size int, ok bool) {
	if size, ok = m.int(unix.SOL_IP, unix.IP_RECVFRAGSIZE); ok {
		return size, true
	}
	return m.int(unix.SOL_IPV6, unix.IPV6_RECVFRAGSIZE)
}

// AppendFlowinfo appends IPV6_FLOWINFO: traffic class and flow label of this one
// datagram, as a number in the host's order like the flowinfo of SockaddrInet6.
// A flow label has to be leased first with IPV6_FLOWLABEL_MGR. Linux 2.2.
func AppendFlowinfo(b []byte, flowinfo uint32) []byte {
	b, room := openCmsg(b, unix.SOL_IPV6, ipv6Flowinfo, 4)
	binary.BigEndian.PutUint32(room, flowinfo)
	return b
}

// Flowinfo reads IPV6_FLOWINFO, which the option of that name turns on: traffic
// class and flow label, the label in the lower 20 bits.
func (m Cmsg) Flowinfo() (flowinfo uint32, ok bool) {
	if !m.sized(unix.SOL_IPV6, ipv6Flowinfo, 4) {
		return 0, false
	}
	return binary.BigEndian.Uint32(m.Data), true
}

// ipv6Flowinfo is IPV6_FLOWINFO of linux/in6.h, which x/sys does not have.
const ipv6Flowinfo = 11

// sockaddrOf keeps as much of a struct sockaddr as an address can have.
func sockaddrOf(b []byte) Sockaddr {
	var sa Sockaddr
	sa.raw.Len = uint32(copy(sa.raw.Data[:], b))
	return sa.received()
}
