package rawsock

import (
	"encoding/binary"

	"github.com/rawloop/rawloop/internal/sys"
)

// TCPConnInfo is struct tcp_info, laid out as in C, followed by its size in this
// kernel: a field beyond that is 0 because the kernel does not have it. Times are
// in the unit of C, µs unless the comment says otherwise.
type TCPConnInfo struct {
	State       uint8 // TCP_ESTABLISHED = 1, …; see [TCPStateName]
	CaState     uint8 // TCP_CA_Open = 0, Disorder, CWR, Recovery, Loss
	Retransmits uint8
	Probes      uint8
	Backoff     uint8
	Options     uint8    // TCPI_OPT_…
	bits        [2]uint8 // SndWscale, RcvWscale, DeliveryRateAppLimited, FastopenClientFail

	Rto          uint32
	Ato          uint32
	SndMss       uint32
	RcvMss       uint32
	Unacked      uint32 // packets; of a listener, connections to accept
	Sacked       uint32 // packets; of a listener, its backlog
	Lost         uint32
	Retrans      uint32
	Fackets      uint32
	LastDataSent uint32 // ms ago
	LastAckSent  uint32 // not filled
	LastDataRecv uint32 // ms ago
	LastAckRecv  uint32 // ms ago
	Pmtu         uint32
	RcvSsthresh  uint32
	Rtt          uint32
	Rttvar       uint32
	SndSsthresh  uint32
	SndCwnd      uint32 // packets
	Advmss       uint32
	Reordering   uint32
	RcvRtt       uint32
	RcvSpace     uint32
	TotalRetrans uint32

	PacingRate         uint64 // bytes a second
	MaxPacingRate      uint64
	BytesAcked         uint64 // since Linux 4.1
	BytesReceived      uint64
	SegsOut            uint32 // 4.2
	SegsIn             uint32
	NotsentBytes       uint32 // 4.6
	MinRtt             uint32
	DataSegsIn         uint32
	DataSegsOut        uint32
	DeliveryRate       uint64 // 4.9, bytes a second
	BusyTime           uint64 // 4.10
	RwndLimited        uint64
	SndbufLimited      uint64
	Delivered          uint32 // 4.18, packets
	DeliveredCe        uint32
	BytesSent          uint64 // 4.19
	BytesRetrans       uint64
	DsackDups          uint32
	ReordSeen          uint32
	RcvOoopack         uint32 // 5.4
	SndWnd             uint32
	RcvWnd             uint32 // 6.2
	Rehash             uint32
	TotalRto           uint16 // 6.7
	TotalRtoRecoveries uint16
	TotalRtoTime       uint32 // ms
	ReceivedCe         uint32 // 6.18, and what follows
	DeliveredE1Bytes   uint32
	DeliveredE0Bytes   uint32
	DeliveredCeBytes   uint32
	ReceivedE1Bytes    uint32
	ReceivedE0Bytes    uint32
	ReceivedCeBytes    uint32
	AccecnBits         uint32 // fail mode and what was seen of the option

	Size int // of what the kernel wrote
}

// sizeofTCPInfo is sizeof(struct tcp_info) as known here.
const sizeofTCPInfo = 280

var asTCPInfo = codec[TCPConnInfo]{"struct tcp_info", sizeofTCPInfo, 1, nil, readTCPInfo}

func readTCPInfo(value optval) (v TCPConnInfo) {
	v.Size = copy(sys.Memory(&v)[:sizeofTCPInfo], value.bytes())
	return v
}

// TCPInfoField is a field of [TCPConnInfo] that some kernel lacks: where it ends
// in struct tcp_info.
type TCPInfoField int

// The last field that each version of Linux added.
const (
	TCPInfoMaxPacingRate   TCPInfoField = 120 // and PacingRate: Linux 3.15
	TCPInfoBytesReceived   TCPInfoField = 136 // and BytesAcked: 4.1
	TCPInfoSegsIn          TCPInfoField = 144 // and SegsOut: 4.2
	TCPInfoDataSegsOut     TCPInfoField = 160 // NotsentBytes to DataSegsOut: 4.6
	TCPInfoDeliveryRate    TCPInfoField = 168 // and DeliveryRateAppLimited: 4.9
	TCPInfoSndbufLimited   TCPInfoField = 192 // BusyTime to SndbufLimited: 4.10
	TCPInfoDeliveredCe     TCPInfoField = 200 // and Delivered: 4.18
	TCPInfoReordSeen       TCPInfoField = 224 // BytesSent to ReordSeen: 4.19
	TCPInfoSndWnd          TCPInfoField = 232 // and RcvOoopack: 5.4
	TCPInfoRehash          TCPInfoField = 240 // and RcvWnd: 6.2; FastopenClientFail has come between these two
	TCPInfoTotalRtoTime    TCPInfoField = 248 // TotalRto to TotalRtoTime: 6.7
	TCPInfoReceivedCeBytes TCPInfoField = 276 // ReceivedCe to ReceivedCeBytes: 6.18
)

// Has reports whether the kernel filled f: if not, its 0 says nothing.
func (i *TCPConnInfo) Has(f TCPInfoField) bool { return i.Size >= int(f) }

// SndWscale is by how many bits the peer's window is scaled.
func (i *TCPConnInfo) SndWscale() uint8 { return bitField(i.bits[0], 0, 4) }

// RcvWscale is by how many bits this end's window is scaled.
func (i *TCPConnInfo) RcvWscale() uint8 { return bitField(i.bits[0], 4, 4) }

// DeliveryRateAppLimited reports whether DeliveryRate was measured while the
// application had too little to send.
func (i *TCPConnInfo) DeliveryRateAppLimited() bool { return bitField(i.bits[1], 0, 1) != 0 }

// FastopenClientFail is why fast open did not work (TFO_…): 0 unknown or no
// failure, 1 no cookie, 2 SYN with data was not acknowledged, 3 nor after a
// retransmission.
func (i *TCPConnInfo) FastopenClientFail() uint8 { return bitField(i.bits[1], 1, 2) }

// bitField is a bit-field of C: from the lowest bit of the byte upwards on
// little-endian machines, from the highest downwards on the others.
func bitField(b uint8, from, size int) uint8 {
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		from = 8 - from - size
	}
	return b >> from & (1<<size - 1)
}

var tcpStates = [...]string{
	1: "TCP_ESTABLISHED", "TCP_SYN_SENT", "TCP_SYN_RECV", "TCP_FIN_WAIT1", "TCP_FIN_WAIT2", "TCP_TIME_WAIT",
	"TCP_CLOSE", "TCP_CLOSE_WAIT", "TCP_LAST_ACK", "TCP_LISTEN", "TCP_CLOSING", "TCP_NEW_SYN_RECV", "TCP_BOUND_INACTIVE",
}

// TCPStateName returns the C name of a state of Linux's TCP, "" for none.
func TCPStateName(state uint8) string {
	if int(state) >= len(tcpStates) {
		return ""
	}
	return tcpStates[state]
}
