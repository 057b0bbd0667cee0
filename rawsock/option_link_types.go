package rawsock

import "golang.org/x/sys/unix"

// PacketMreq is struct packet_mreq.
type PacketMreq struct {
	Ifindex int32
	Type    uint16 // PACKET_MR_…
	Alen    uint16
	Address [8]uint8
}

// PacketStats is struct tpacket_stats, or tpacket_stats_v3 on a socket whose
// PACKET_VERSION is TPACKET_V3. Reading sets it to 0.
type PacketStats struct {
	Packets      uint32 // with those dropped
	Drops        uint32
	FreezeQCount uint32 // V3 only
}

// RolloverStats is struct tpacket_rollover_stats.
type RolloverStats struct {
	All    uint64
	Huge   uint64
	Failed uint64
}

// PacketRingReq is struct tpacket_req3; V1 and V2 look at the first four fields.
type PacketRingReq struct {
	BlockSize      uint32
	BlockNr        uint32
	FrameSize      uint32
	FrameNr        uint32
	RetireBlkTov   uint32 // ms
	SizeofPriv     uint32
	FeatureReqWord uint32
}

// PacketFanoutArgs is the value of PACKET_FANOUT: an int or, with MaxNumMembers
// (Linux 5.10), struct fanout_args.
type PacketFanoutArgs struct {
	ID            uint16
	Mode          uint16 // PACKET_FANOUT_…, flags and all
	MaxNumMembers uint32
}

// XDPUmem is struct xdp_umem_reg.
type XDPUmem struct {
	Addr          uint64
	Len           uint64
	ChunkSize     uint32
	Headroom      uint32
	Flags         uint32 // XDP_UMEM_…
	TxMetadataLen uint32
}

// XDPStats is struct xdp_statistics.
type XDPStats struct {
	RxDropped            uint64
	RxInvalidDescs       uint64
	TxInvalidDescs       uint64
	RxRingFull           uint64 // Linux 5.9, and what follows
	RxFillRingEmptyDescs uint64
	TxRingEmptyDescs     uint64
}

// XDPRingOffset is struct xdp_ring_offset.
type XDPRingOffset struct {
	Producer uint64
	Consumer uint64
	Desc     uint64
	Flags    uint64
}

// XDPOffsets is struct xdp_mmap_offsets.
type XDPOffsets struct {
	Rx, Tx, Fr, Cr XDPRingOffset
}

var (
	asPacketMreq    = structCodec[PacketMreq]("struct packet_mreq")
	asPacketStats   = codec[PacketStats]{"struct tpacket_stats", 12, 8, nil, readStruct[PacketStats]}
	asRolloverStats = structCodec[RolloverStats]("struct tpacket_rollover_stats")
	asPacketRingReq = structCodec[PacketRingReq]("struct tpacket_req3")
	asFanout        = codec[PacketFanoutArgs]{"int or struct fanout_args", 4, 4, writeFanout, readFanout}
	asXDPUmem       = structCodec[XDPUmem]("struct xdp_umem_reg")
	asXDPStats      = codec[XDPStats]{"struct xdp_statistics", 48, 24, nil, readStruct[XDPStats]}
	asXDPOffsets    = structCodec[XDPOffsets]("struct xdp_mmap_offsets")
)

func writeFanout(v PacketFanoutArgs) (optval, unix.Errno) {
	if v.MaxNumMembers != 0 {
		return writeStruct(v)
	}
	return writeStruct(uint32(v.Mode)<<16 | uint32(v.ID))
}

func readFanout(value optval) PacketFanoutArgs {
	v := value.uint32()
	return PacketFanoutArgs{ID: uint16(v), Mode: uint16(v >> 16)}
}
