package rawsock

import (
	"encoding/binary"
	"math/bits"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// The types of options whose value is a struct are laid out as in C; those with
// an address or a size in them are not, and say so.

// Linger is struct linger. Off, close returns at once and the kernel goes on
// sending. With Onoff and no seconds it drops what is not sent and resets the
// connection; with seconds it sleeps for as many at most.
type Linger struct {
	Onoff  int32
	Linger int32
}

// Ucred is struct ucred: who is at the other end of a unix socket.
type Ucred struct {
	Pid int32
	Uid uint32
	Gid uint32
}

// Timestamping is struct so_timestamping: which timestamps are wanted
// (SOF_TIMESTAMPING_…), and the hardware clock they are bound to (Linux 5.14).
type Timestamping struct {
	Flags   uint32
	BindPHC int32
}

// TxTime is struct sock_txtime: the clock that SCM_TXTIME counts in (CLOCK_…), and
// what to do with what is late (SOF_TXTIME_…).
type TxTime struct {
	Clockid int32
	Flags   uint32
}

// Flags of [TxTime], which golang.org/x/sys/unix lacks.
const (
	SOF_TXTIME_DEADLINE_MODE = 1
	SOF_TXTIME_REPORT_ERRORS = 2
)

// MemInfo is what SO_MEMINFO tells, in bytes (SK_MEMINFO_…).
type MemInfo struct {
	RmemAlloc  uint32 // received and not yet read
	Rcvbuf     uint32 // SO_RCVBUF
	WmemAlloc  uint32 // handed to the device
	Sndbuf     uint32 // SO_SNDBUF
	FwdAlloc   uint32 // set aside
	WmemQueued uint32 // to send
	Optmem     uint32 // control messages and filters
	Backlog    uint32 // received while the socket was busy
	Drops      uint32 // packets dropped
}

// PortRange is the value of IP_LOCAL_PORT_RANGE. A zero is the bound of
// net.ipv4.ip_local_port_range.
type PortRange struct {
	Low, High uint16
}

// IPMreqn is struct ip_mreqn: a group and the interface, by index or, if that is
// 0, by one of its addresses; by neither, the route decides. Without an index it
// is struct ip_mreq for the kernel.
type IPMreqn struct {
	Multiaddr [4]byte
	Address   [4]byte
	Ifindex   int32
}

// IPMreqSource is struct ip_mreq_source, in the order of Linux.
type IPMreqSource struct {
	Multiaddr  [4]byte
	Interface  [4]byte
	Sourceaddr [4]byte
}

// IPv6Mreq is struct ipv6_mreq: a group and the index of the interface, 0 for
// what the route says.
type IPv6Mreq struct {
	Multiaddr [16]byte
	Interface uint32
}

// FlowLabelReq is struct in6_flowlabel_req. Label is in network byte order, as in
// the packet.
type FlowLabelReq struct {
	Dst     [16]byte
	Label   [4]byte
	Action  uint8  // IPV6_FL_A_…
	Share   uint8  // IPV6_FL_S_…
	Flags   uint16 // IPV6_FL_F_…
	Expires uint16 // seconds
	Linger  uint16 // seconds
	_       uint32
}

// GroupReq is struct group_req: a group of either family and the index of the
// interface.
type GroupReq struct {
	Interface uint32
	Group     Sockaddr
}

// GroupSourceReq is struct group_source_req.
type GroupSourceReq struct {
	Interface uint32
	Group     Sockaddr
	Source    Sockaddr
}

// ICMPv6FilterMask is struct icmp6_filter: a bit for each type, set for those that
// do not pass.
type ICMPv6FilterMask [8]uint32

var (
	asLinger       = structCodec[Linger]("struct linger")
	asUcred        = structCodec[Ucred]("struct ucred")
	asTimestamping = codec[Timestamping]{"struct so_timestamping", 8, 4, writeTimestamping, readStruct[Timestamping]}
	asTxTime       = structCodec[TxTime]("struct sock_txtime")
	asMemInfo      = codec[MemInfo]{"uint32_t[9]", 36, 4, nil, readStruct[MemInfo]}
	asPortRange    = codec[PortRange]{"uint32_t, high << 16 | low", 4, 4, writePortRange, readPortRange}

	asMreqn          = codec[IPMreqn]{"struct ip_mreqn", 12, 8, writeMreqn, readStruct[IPMreqn]}
	asMulticastIf    = codec[IPMreqn]{"struct in_addr or ip_mreqn", 4, 4, writeMulticastIf, readMulticastIf}
	asMreqSource     = structCodec[IPMreqSource]("struct ip_mreq_source")
	asIPv6Mreq       = structCodec[IPv6Mreq]("struct ipv6_mreq")
	asPktinfo6       = structCodec[Pktinfo6]("struct in6_pktinfo")
	asPathMTU        = codec[int]{"struct ip6_mtuinfo", 32, 32, nil, readPathMTU}
	asFlowLabelReq   = structCodec[FlowLabelReq]("struct in6_flowlabel_req")
	asGroupReq       = codec[GroupReq]{"struct group_req", 0, 0, writeGroupReq, nil}
	asGroupSourceReq = codec[GroupSourceReq]{"struct group_source_req", 0, 0, writeGroupSourceReq, nil}
	asICMPv6Filter   = structCodec[ICMPv6FilterMask]("struct icmp6_filter")
)

// writeTimestamping leaves out what only Linux 5.14 and later take.
func writeTimestamping(v Timestamping) (optval, unix.Errno) {
	value, e := writeStruct(v)
	if v.BindPHC == 0 {
		value.n = 4
	}
	return value, e
}

func writePortRange(v PortRange) (optval, unix.Errno) {
	return writeStruct(uint32(v.High)<<16 | uint32(v.Low))
}

func readPortRange(value optval) PortRange {
	v := value.uint32()
	return PortRange{Low: uint16(v), High: uint16(v >> 16)}
}

// writeMreqn writes the shorter struct where it says the same: every system has
// that one.
func writeMreqn(v IPMreqn) (optval, unix.Errno) {
	value, e := writeStruct(v)
	if v.Ifindex == 0 {
		value.n = 8
	}
	return value, e
}

func writeMulticastIf(v IPMreqn) (value optval, e unix.Errno) {
	if v.Ifindex != 0 {
		return writeStruct(v)
	}
	value.append(v.Address[:])
	return value, 0
}

func readMulticastIf(value optval) (v IPMreqn) {
	copy(v.Address[:], value.bytes())
	return v
}

// readPathMTU leaves the address out: Linux gives none.
func readPathMTU(value optval) int { return int(binary.NativeEndian.Uint32(value.data[28:])) }

func writeGroupReq(v GroupReq) (value optval, e unix.Errno) {
	value.append(sys.Memory(&v.Interface))
	value.appendStorage(v.Group)
	return value, 0
}

func writeGroupSourceReq(v GroupSourceReq) (value optval, e unix.Errno) {
	value.append(sys.Memory(&v.Interface))
	value.appendStorage(v.Group)
	value.appendStorage(v.Source)
	return value, 0
}

// appendStorage appends sa as a struct sockaddr_storage, which is aligned as a
// pointer is.
func (v *optval) appendStorage(sa Sockaddr) {
	const word = bits.UintSize / 8
	v.n = (v.n + word - 1) / word * word
	copy(v.data[v.n:], sa.raw.Bytes())
	v.n += MaxSockaddr
}
