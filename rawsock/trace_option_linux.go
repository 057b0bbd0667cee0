package rawsock

import (
	"math/bits"

	"golang.org/x/sys/unix"
)

// optionPrefixes say of what an option is that has no name.
var optionPrefixes = [...]name{
	{unix.SOL_SOCKET, "SO_"},
	{unix.SOL_IP, "IP_"},
	{unix.SOL_IPV6, "IPV6_"},
	{unix.SOL_TCP, "TCP_"},
	{unix.IPPROTO_UDP, "UDP_"},
	{unix.IPPROTO_RAW, "RAW_"},
	{unix.AF_VSOCK, "SO_VM_SOCKETS_"},
	{unix.SOL_PACKET, "PACKET_"},
	{unix.SOL_NETLINK, "NETLINK_"},
	{unix.IPPROTO_SCTP, "SCTP_"},
	{unix.SOL_CAN_RAW, "CAN_RAW_"},
	{unix.SOL_LLC, "LLC_OPT_"},
	{unix.SOL_TIPC, "TIPC_"},
	{unix.SOL_BLUETOOTH, "BT_"},
	{unix.SOL_ALG, "ALG_SET_"},
	{unix.SOL_TLS, "TLS_"},
	{unix.SOL_XDP, "XDP_"},
}

// A filter that is attached is read by another name. Of the rest each has two
// names, and OptionName says the other.
var optionSpellings = [...]optionSpelling{
	{unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, "getsockopt", "SO_GET_FILTER"},
	{unix.SOL_IP, unix.IP_ORIGDSTADDR, "", "IP_ORIGDSTADDR"},
	{unix.SOL_IPV6, unix.IPV6_ORIGDSTADDR, "", "IPV6_ORIGDSTADDR"},
	{unix.SOL_IPV6, unix.IPV6_JOIN_GROUP, "", "IPV6_ADD_MEMBERSHIP"},
	{unix.SOL_IPV6, unix.IPV6_LEAVE_GROUP, "", "IPV6_DROP_MEMBERSHIP"},
	{unix.AF_VSOCK, unix.SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD, "", "SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD"},
}

// levelOfInts has nothing but ints, with one exception.
const levelOfInts = unix.SOL_NETLINK

// intOptions are the options of SOL_SOCKET of which the kernel takes an int
// from a longer value too.
var intOptions = [...]int{
	unix.SO_DEBUG, unix.SO_REUSEADDR, unix.SO_DONTROUTE, unix.SO_BROADCAST, unix.SO_SNDBUF, unix.SO_RCVBUF,
	unix.SO_KEEPALIVE, unix.SO_OOBINLINE, unix.SO_NO_CHECK, unix.SO_PRIORITY, unix.SO_BSDCOMPAT, unix.SO_REUSEPORT,
	unix.SO_PASSCRED, unix.SO_RCVLOWAT, unix.SO_SNDLOWAT, unix.SO_DETACH_FILTER, unix.SO_TIMESTAMP_OLD,
	unix.SO_ACCEPTCONN, unix.SO_SNDBUFFORCE, unix.SO_RCVBUFFORCE, unix.SO_PASSSEC, unix.SO_TIMESTAMPNS_OLD,
	unix.SO_MARK, unix.SO_TIMESTAMPING_OLD, unix.SO_RXQ_OVFL, unix.SO_WIFI_STATUS, unix.SO_PEEK_OFF, unix.SO_NOFCS,
	unix.SO_LOCK_FILTER, unix.SO_SELECT_ERR_QUEUE, unix.SO_BUSY_POLL, unix.SO_INCOMING_CPU, unix.SO_CNX_ADVICE,
	unix.SO_INCOMING_NAPI_ID, unix.SO_ZEROCOPY, unix.SO_TIMESTAMP_NEW, unix.SO_TIMESTAMPNS_NEW,
	unix.SO_TIMESTAMPING_NEW, unix.SO_DETACH_REUSEPORT_BPF, unix.SO_PREFER_BUSY_POLL, unix.SO_BUSY_POLL_BUDGET,
	unix.SO_RESERVE_MEM, unix.SO_RCVMARK,
}

var valuesSet = [...]optionValue{
	{unix.SOL_SOCKET, unix.SO_LINGER, unix.SizeofLinger, 0, (*line).linger},
	{unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, unix.SizeofSockFprog, unix.SizeofSockFprog, (*line).fprog},
	{unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF, unix.SizeofSockFprog, unix.SizeofSockFprog, (*line).fprog},
	{unix.SOL_SOCKET, unix.SO_TXREHASH, 4, 0, (*line).txrehash},
	{unix.SOL_IP, unix.IP_ADD_MEMBERSHIP, unix.SizeofIPMreq, 0, (*line).mreq},
	{unix.SOL_IP, unix.IP_DROP_MEMBERSHIP, unix.SizeofIPMreq, 0, (*line).mreq},
	{unix.SOL_IP, unix.MCAST_JOIN_GROUP, sizeofGroupReq, 0, (*line).groupReq},
	{unix.SOL_IP, unix.MCAST_LEAVE_GROUP, sizeofGroupReq, 0, (*line).groupReq},
	{unix.SOL_IPV6, unix.IPV6_JOIN_GROUP, unix.SizeofIPv6Mreq, 0, (*line).mreq6},
	{unix.SOL_IPV6, unix.IPV6_LEAVE_GROUP, unix.SizeofIPv6Mreq, 0, (*line).mreq6},
	{unix.SOL_IPV6, unix.IPV6_JOIN_ANYCAST, unix.SizeofIPv6Mreq, 0, (*line).mreq6},
	{unix.SOL_IPV6, unix.IPV6_LEAVE_ANYCAST, unix.SizeofIPv6Mreq, 0, (*line).mreq6},
	{unix.SOL_IPV6, unix.MCAST_JOIN_GROUP, sizeofGroupReq, 0, (*line).groupReq},
	{unix.SOL_IPV6, unix.MCAST_LEAVE_GROUP, sizeofGroupReq, 0, (*line).groupReq},
	{unix.SOL_PACKET, unix.PACKET_RX_RING, 16, 16, (*line).packetRing},
	{unix.SOL_PACKET, unix.PACKET_TX_RING, 16, 16, (*line).packetRing},
	{unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, unix.SizeofPacketMreq, unix.SizeofPacketMreq, (*line).packetMreq},
	{unix.SOL_PACKET, unix.PACKET_DROP_MEMBERSHIP, unix.SizeofPacketMreq, unix.SizeofPacketMreq, (*line).packetMreq},
	{unix.IPPROTO_RAW, icmpFilter, 1, 0, (*line).icmpFilter},
}

var valuesGot = [...]optionValue{
	{unix.SOL_SOCKET, unix.SO_LINGER, 1, 0, (*line).linger},
	{unix.SOL_SOCKET, unix.SO_PEERCRED, 1, 0, (*line).ucred},
	{unix.SOL_SOCKET, unix.SO_ERROR, 4, 0, (*line).errorNumber},
	{unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, 1, 0, func(l *line, _ []byte) { argAddress(l, 3) }},
	{unix.SOL_SOCKET, unix.SO_TXREHASH, 4, 0, (*line).txrehash},
	{unix.SOL_PACKET, unix.PACKET_STATISTICS, 1, 0, (*line).packetStats},
	{unix.SOL_NETLINK, unix.NETLINK_LIST_MEMBERSHIPS, 1, 0, (*line).unsignedInts},
	{unix.IPPROTO_RAW, icmpFilter, 1, 0, (*line).icmpFilter},
}

func (l *line) errorNumber(b []byte) {
	l.str("[")
	e := unix.Errno(int32At(b))
	if name := errnoName(e); name != "" {
		l.str(name)
	} else {
		l.int(int64(int32At(b)))
	}
	l.str("]")
}

var txrehashNames = [...]name{{255, "SOCK_TXREHASH_DEFAULT"}, {0, "SOCK_TXREHASH_DISABLED"}, {1, "SOCK_TXREHASH_ENABLED"}}

func (l *line) txrehash(b []byte) {
	l.str("[")
	l.name(int(int32At(b)), txrehashNames[:], "SOCK_TXREHASH_???")
	l.str("]")
}

// fprog is a struct sock_fprog; strace leaves the program to its option -v.
func (l *line) fprog(b []byte) {
	l.str("{len=")
	l.uint(uint64(uint16At(b)))
	l.field("filter")
	l.pointer(uintptr(ulongAt(b[sizeofLong:])))
	l.str("}")
}

// groupReqAddr is where struct group_req has its address, which is aligned as a
// long is.
const (
	groupReqAddr   = sizeofLong
	sizeofGroupReq = groupReqAddr + MaxSockaddr
)

func (l *line) groupReq(b []byte) {
	l.str("{gr_interface=")
	l.uint(uint64(uint32At(b)))
	l.field("gr_group")
	group := b[groupReqAddr:sizeofGroupReq]
	switch layoutFamily(group) {
	case unix.AF_INET:
		group = group[:unix.SizeofSockaddrInet4]
	case unix.AF_INET6:
		group = group[:unix.SizeofSockaddrInet6]
	}
	l.sockaddr(group, 0)
	l.str("}")
}

func (l *line) packetRing(b []byte) {
	l.fields(b, (*line).uint32, "tp_block_size", "tp_block_nr", "tp_frame_size", "tp_frame_nr")
}

func (l *line) packetStats(b []byte) {
	l.fields(b, (*line).uint32, "tp_packets", "tp_drops", "tp_freeze_q_cnt")
}

func (l *line) packetMreq(b []byte) {
	l.str("{mr_ifindex=")
	l.uint(uint64(uint32At(b)))
	l.field("mr_type")
	l.name(int(uint16At(b[4:])), packetMreqTypes[:], "PACKET_MR_???")
	l.field("mr_alen")
	l.uint(uint64(uint16At(b[6:])))
	l.field("mr_address")
	for i, c := range b[8:16][:min(int(uint16At(b[6:])), 8)] {
		if i > 0 {
			l.str(":")
		}
		l.b = append(l.b, digits[c>>4], digits[c&15])
	}
	l.str("}")
}

// icmpFilter is ICMP_FILTER of <linux/icmp.h>: a bit for every type to be kept
// out.
const icmpFilter = 1

func (l *line) icmpFilter(b []byte) {
	missing := [4]byte{255, 255, 255, 255}
	copy(missing[:], b)
	set := uint32At(missing[:])
	if bits.OnesCount32(set) > 16 {
		set = ^set
		l.str("~")
	}
	l.str("[")
	for sep := ""; set != 0; set &= set - 1 {
		l.str(sep)
		l.name(bits.TrailingZeros32(set), icmpTypes[:], "ICMP_???")
		sep = " "
	}
	l.str("]")
}

func (l *line) uint32(v int32) { l.uint(uint64(uint32(v))) }

func (l *line) mreq(b []byte) {
	l.str("{")
	l.inet("imr_multiaddr", b)
	l.inet("imr_interface", b[4:])
	l.str("}")
}

func (l *line) mreq6(b []byte) {
	l.str("{")
	l.inet6("ipv6mr_multiaddr", b)
	l.field("ipv6mr_interface")
	l.uint(uint64(uint32(int32At(b[16:]))))
	l.str("}")
}
