package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// CCInfo is union tcp_cc_info: which part of it holds depends on TCP_CONGESTION,
// and an algorithm that tells nothing leaves Size 0.
type CCInfo struct {
	data [20]byte
	Size int
}

// TCPVegasInfo is struct tcpvegas_info. Times are in µs.
type TCPVegasInfo struct {
	Enabled uint32
	Rttcnt  uint32
	Rtt     uint32
	Minrtt  uint32
}

// TCPDCTCPInfo is struct tcp_dctcp_info.
type TCPDCTCPInfo struct {
	Enabled uint16
	CeState uint16
	Alpha   uint32
	AbEcn   uint32
	AbTot   uint32
}

// TCPBBRInfo is struct tcp_bbr_info. The bandwidth is in bytes a second, the round
// trip in µs, gains are shifted left by 8 bits.
type TCPBBRInfo struct {
	BwLo       uint32
	BwHi       uint32
	MinRtt     uint32
	PacingGain uint32
	CwndGain   uint32
}

// Vegas is the info of vegas; false if it is not there.
func (i *CCInfo) Vegas() (TCPVegasInfo, bool) { return part[TCPVegasInfo](i) }

// DCTCP is the info of dctcp; false if it is not there.
func (i *CCInfo) DCTCP() (TCPDCTCPInfo, bool) { return part[TCPDCTCPInfo](i) }

// BBR is the info of bbr; false if it is not there.
func (i *CCInfo) BBR() (TCPBBRInfo, bool) { return part[TCPBBRInfo](i) }

func part[T any](i *CCInfo) (v T, ok bool) {
	m := sys.Memory(&v)
	return v, copy(m, i.data[:i.Size]) == len(m)
}

// TCPMD5Key is struct tcp_md5sig: the key for a peer, with its address as a
// [Sockaddr]. An empty key removes the one that is there. Flags (TCP_MD5SIG_FLAG_…),
// Prefixlen and Ifindex are for TCP_MD5SIG_EXT.
type TCPMD5Key struct {
	Addr      Sockaddr
	Flags     uint8
	Prefixlen uint8
	Ifindex   int32
	Key       []byte // at most TCP_MD5SIG_MAXKEYLEN = 80 bytes
}

// TCPRepairOpt is struct tcp_repair_opt: the kind of a TCP option and its value.
type TCPRepairOpt struct {
	Code uint32
	Val  uint32
}

// RepairWindow is struct tcp_repair_window.
type RepairWindow struct {
	SndWl1    uint32
	SndWnd    uint32
	MaxWindow uint32
	RcvWnd    uint32
	RcvWup    uint32
}

// MPTCPConnInfo is struct mptcp_info, laid out as in C, followed by its size in
// this kernel.
type MPTCPConnInfo struct {
	Subflows           uint8
	AddAddrSignal      uint8
	AddAddrAccepted    uint8
	SubflowsMax        uint8
	AddAddrSignalMax   uint8
	AddAddrAcceptedMax uint8
	Flags              uint32 // MPTCP_INFO_FLAG_FALLBACK = 1, MPTCP_INFO_FLAG_REMOTE_KEY_RECEIVED = 2
	Token              uint32
	WriteSeq           uint64
	SndUna             uint64
	RcvNxt             uint64
	LocalAddrUsed      uint8
	LocalAddrMax       uint8
	CsumEnabled        uint8
	Retransmits        uint32 // Linux 6.5, and what follows
	BytesRetrans       uint64
	BytesSent          uint64
	BytesReceived      uint64
	BytesAcked         uint64
	SubflowsTotal      uint8
	EndpLaminarMax     uint8 // 6.18
	EndpFullmeshMax    uint8 // 6.18
	_                  uint8
	LastDataSent       uint32 // ms ago, 6.10
	LastDataRecv       uint32
	LastAckRecv        uint32

	Size int // of what the kernel wrote
}

const (
	sizeofCCInfo    = 20
	sizeofMPTCPInfo = 96
	md5KeyMax       = 80
)

var (
	asCCInfo       = codec[CCInfo]{"union tcp_cc_info", sizeofCCInfo, 0, nil, readCCInfo}
	asMD5Key       = codec[TCPMD5Key]{"struct tcp_md5sig", 0, 0, writeMD5Key, nil}
	asRepairOpt    = structCodec[TCPRepairOpt]("struct tcp_repair_opt")
	asRepairWindow = structCodec[RepairWindow]("struct tcp_repair_window")
	asMPTCPInfo    = codec[MPTCPConnInfo]{"struct mptcp_info", sizeofMPTCPInfo, 1, nil, readMPTCPInfo}
)

func readCCInfo(value optval) (v CCInfo) {
	v.Size = copy(v.data[:], value.bytes())
	return v
}

func readMPTCPInfo(value optval) (v MPTCPConnInfo) {
	v.Size = copy(sys.Memory(&v)[:sizeofMPTCPInfo], value.bytes())
	return v
}

func writeMD5Key(v TCPMD5Key) (value optval, e unix.Errno) {
	if len(v.Key) > md5KeyMax {
		return value, unix.EINVAL
	}
	value.appendStorage(v.Addr)
	value.append([]byte{v.Flags, v.Prefixlen})
	binary.NativeEndian.PutUint16(value.data[value.n:], uint16(len(v.Key)))
	binary.NativeEndian.PutUint32(value.data[value.n+2:], uint32(v.Ifindex))
	copy(value.data[value.n+6:], v.Key)
	value.n += 6 + md5KeyMax
	return value, 0
}
