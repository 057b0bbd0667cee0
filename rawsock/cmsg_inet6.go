package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Pktinfo6 is a struct in6_pktinfo (RFC 3542, ipv6(7)): the local address and the
// interface of a datagram. On an AF_INET6 socket that also takes IPv4 the address
// of an IPv4 datagram is mapped.
type Pktinfo6 struct {
	Addr    [16]byte // received: the destination; to send: the source, or zero
	Ifindex uint32   // received: the interface it came by; to send: the one to use, or 0
}

const sizeofPktinfo6 = 20

// AppendPktinfo6 appends IPV6_PKTINFO: source and interface of this one datagram.
// What is zero is chosen by the kernel. Linux 2.6.14.
func AppendPktinfo6(b []byte, p Pktinfo6) []byte {
	b, room := openCmsg(b, unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, sizeofPktinfo6)
	copy(room, p.Addr[:])
	binary.NativeEndian.PutUint32(room[16:], p.Ifindex)
	return b
}

// Pktinfo6 reads IPV6_PKTINFO, which IPV6_RECVPKTINFO turns on.
func (m Cmsg) Pktinfo6() (p Pktinfo6, ok bool) {
	if !m.sized(unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, sizeofPktinfo6) {
		return p, false
	}
	copy(p.Addr[:], m.Data)
	p.Ifindex = binary.NativeEndian.Uint32(m.Data[16:])
	return p, true
}

// AppendHopLimit appends IPV6_HOPLIMIT: the hop limit of this one datagram, an
// int; -1 is the socket's own. Linux 2.6.14.
func AppendHopLimit(b []byte, hops int) []byte {
	return appendUint32(b, unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT, uint32(hops))
}

// HopLimit reads IPV6_HOPLIMIT, which IPV6_RECVHOPLIMIT turns on.
func (m Cmsg) HopLimit() (hops int, ok bool) {
	return m.int(unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT)
}

// AppendTrafficClass appends IPV6_TCLASS: the traffic class of this one datagram,
// an int of 0 to 255. The -1 of RFC 3542, the socket's own class, is not to be
// relied on: Linux 6.18 sends 255. Linux 2.6.14.
func AppendTrafficClass(b []byte, class int) []byte {
	return appendUint32(b, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, uint32(class))
}

// TrafficClass reads IPV6_TCLASS, which IPV6_RECVTCLASS turns on. Its lower two
// bits are ECN.
func (m Cmsg) TrafficClass() (class int, ok bool) {
	return m.int(unix.IPPROTO_IPV6, unix.IPV6_TCLASS)
}
