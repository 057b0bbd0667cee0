package rawsock

import (
	"time"

	"golang.org/x/sys/unix"
)

// Options of packet sockets, packet(7).
var (
	// PacketAddMembership makes an interface take frames that are not for it.
	PacketAddMembership = WriteOption[PacketMreq]{&OptionInfo{
		Name: "PACKET_ADD_MEMBERSHIP", Level: levelPacket, Number: optPacketAddMembership, Since: "2.2", Man: "packet(7)",
	}, &asPacketMreq}

	// PacketDropMembership takes back PACKET_ADD_MEMBERSHIP.
	PacketDropMembership = WriteOption[PacketMreq]{&OptionInfo{
		Name: "PACKET_DROP_MEMBERSHIP", Level: levelPacket, Number: optPacketDropMembership, Since: "2.2", Man: "packet(7)",
	}, &asPacketMreq}

	// PacketStatistics takes the counts of packets and drops.
	PacketStatistics = ReadOption[PacketStats]{&OptionInfo{
		Name: "PACKET_STATISTICS", Level: levelPacket, Number: optPacketStatistics, Since: "2.4", Man: "packet(7)",
	}, &asPacketStats}

	// PacketCopyThresh is up to which size packets of a ring are copied to the socket too.
	PacketCopyThresh = WriteOption[int]{&OptionInfo{
		Name: "PACKET_COPY_THRESH", Level: levelPacket, Number: optPacketCopyThresh, Since: "2.4", Man: "Documentation/networking/packet_mmap.rst",
	}, &asInt}

	// PacketAuxdata delivers struct tpacket_auxdata as control message.
	PacketAuxdata = Option[bool]{&OptionInfo{Name: "PACKET_AUXDATA", Level: levelPacket, Number: optPacketAuxdata, Since: "2.6.21", Man: "packet(7)"}, &asBool}

	// PacketOrigDev reports the interface that a frame really came in by.
	PacketOrigDev = Option[bool]{&OptionInfo{
		Name: "PACKET_ORIGDEV", Level: levelPacket, Number: optPacketOrigDev, Since: "2.6.22", Man: "linux/if_packet.h",
	}, &asBool}

	// PacketVersion is the layout of rings (TPACKET_V1 to TPACKET_V3).
	PacketVersion = Option[int]{&OptionInfo{Name: "PACKET_VERSION", Level: levelPacket, Number: optPacketVersion, Since: "2.6.27", Man: "packet(7)"}, &asInt}

	// PacketHdrlen is the size of a ring's header; the buffer holds the version and then the size.
	PacketHdrlen = ReadBytesOption{bytesRow{&OptionInfo{
		Name: "PACKET_HDRLEN", Level: levelPacket, Number: optPacketHdrlen, Since: "2.6.27", Man: "Documentation/networking/packet_mmap.rst",
	}, "int"}}

	// PacketReserve is room before each packet in a ring.
	PacketReserve = Option[uint32]{&OptionInfo{Name: "PACKET_RESERVE", Level: levelPacket, Number: optPacketReserve, Since: "2.6.29", Man: "packet(7)"}, &asUint32}

	// PacketRxRing makes a ring for packets received.
	PacketRxRing = WriteOption[PacketRingReq]{&OptionInfo{
		Name: "PACKET_RX_RING", Level: levelPacket, Number: optPacketRxRing, Since: "2.4", Man: "packet(7)",
	}, &asPacketRingReq}

	// PacketTxRing makes a ring for packets to send.
	PacketTxRing = WriteOption[PacketRingReq]{&OptionInfo{
		Name: "PACKET_TX_RING", Level: levelPacket, Number: optPacketTxRing, Since: "2.6.31", Man: "packet(7)",
	}, &asPacketRingReq}

	// PacketLoss goes on with the next packet of a ring when one is malformed.
	PacketLoss = Option[bool]{&OptionInfo{Name: "PACKET_LOSS", Level: levelPacket, Number: optPacketLoss, Since: "2.6.31", Man: "packet(7)"}, &asBool}

	// PacketVnetHdr puts struct virtio_net_hdr before each packet.
	PacketVnetHdr = Option[bool]{&OptionInfo{
		Name: "PACKET_VNET_HDR", Level: levelPacket, Number: optPacketVnetHdr, Since: "2.6.36", Man: "Documentation/networking/packet_mmap.rst",
	}, &asBool}

	// PacketVnetHdrSz is the size of that header: 0, 10 or 12.
	PacketVnetHdrSz = Option[int]{&OptionInfo{
		Name: "PACKET_VNET_HDR_SZ", Level: levelPacket, Number: optPacketVnetHdrSz, Since: "6.4", Man: "linux/if_packet.h",
	}, &asInt}

	// PacketTimestamp is which clock stamps a ring's packets (SOF_TIMESTAMPING_…).
	PacketTimestamp = Option[int]{&OptionInfo{Name: "PACKET_TIMESTAMP", Level: levelPacket, Number: optPacketTimestamp, Since: "2.6.36", Man: "packet(7)"}, &asInt}

	// PacketFanout spreads packets over the sockets of a group.
	PacketFanout = Option[PacketFanoutArgs]{&OptionInfo{
		Name: "PACKET_FANOUT", Level: levelPacket, Number: optPacketFanout, Since: "3.1", Man: "packet(7)",
		Reads: "without the most members",
	}, &asFanout}

	// PacketTxHasOff says that a ring's header tells where a packet to send begins.
	PacketTxHasOff = Option[bool]{&OptionInfo{
		Name: "PACKET_TX_HAS_OFF", Level: levelPacket, Number: optPacketTxHasOff, Since: "3.13", Man: "Documentation/networking/packet_mmap.rst",
	}, &asBool}

	// PacketQdiscBypass sends past the queueing discipline.
	PacketQdiscBypass = Option[bool]{&OptionInfo{
		Name: "PACKET_QDISC_BYPASS", Level: levelPacket, Number: optPacketQdiscBypass, Since: "3.14", Man: "packet(7)",
	}, &asBool}

	// PacketRolloverStats is how often a group of sockets rolled over.
	PacketRolloverStats = ReadOption[RolloverStats]{&OptionInfo{
		Name: "PACKET_ROLLOVER_STATS", Level: levelPacket, Number: optPacketRolloverStats, Since: "4.2", Man: "linux/if_packet.h",
	}, &asRolloverStats}

	// PacketIgnoreOutgoing leaves out frames that this host sent.
	PacketIgnoreOutgoing = Option[bool]{&OptionInfo{
		Name: "PACKET_IGNORE_OUTGOING", Level: levelPacket, Number: optPacketIgnoreOutgoing, Since: "4.20", Man: "linux/if_packet.h",
	}, &asBool}
)

var packetRows = []option{
	PacketAddMembership, PacketDropMembership, PacketStatistics, PacketCopyThresh, PacketAuxdata,
	PacketOrigDev, PacketVersion, PacketHdrlen, PacketReserve, PacketRxRing,
	PacketTxRing, PacketLoss, PacketVnetHdr, PacketVnetHdrSz, PacketTimestamp,
	PacketFanout, PacketTxHasOff, PacketQdiscBypass, PacketRolloverStats, PacketIgnoreOutgoing,
}

// Options of netlink sockets, netlink(7).
var (
	// NetlinkAddMembership joins a multicast group by number.
	NetlinkAddMembership = WriteOption[int]{&OptionInfo{
		Name: "NETLINK_ADD_MEMBERSHIP", Level: levelNetlink, Number: optNetlinkAddMembership, Since: "2.6.14", Man: "netlink(7)",
	}, &asInt}

	// NetlinkDropMembership leaves a multicast group.
	NetlinkDropMembership = WriteOption[int]{&OptionInfo{
		Name: "NETLINK_DROP_MEMBERSHIP", Level: levelNetlink, Number: optNetlinkDropMembership, Since: "2.6.14", Man: "netlink(7)",
	}, &asInt}

	// NetlinkListMemberships is the groups that were joined, a bit each.
	NetlinkListMemberships = ReadBytesOption{bytesRow{&OptionInfo{
		Name: "NETLINK_LIST_MEMBERSHIPS", Level: levelNetlink, Number: optNetlinkListMemberships, Since: "4.2", Man: "netlink(7)",
	}, "uint32"}}

	// NetlinkPktInfo delivers the group of a message as control message NETLINK_PKTINFO.
	NetlinkPktInfo = Option[bool]{&OptionInfo{
		Name: "NETLINK_PKTINFO", Level: levelNetlink, Number: optNetlinkPktInfo, Since: "2.6.14", Man: "netlink(7)",
	}, &asBool}

	// NetlinkBroadcastError tells the sender when this socket missed a broadcast.
	NetlinkBroadcastError = Option[bool]{&OptionInfo{
		Name: "NETLINK_BROADCAST_ERROR", Level: levelNetlink, Number: optNetlinkBroadcastError, Since: "2.6.30", Man: "netlink(7)",
	}, &asBool}

	// NetlinkNoENOBUFS does not report messages lost as ENOBUFS.
	NetlinkNoENOBUFS = Option[bool]{&OptionInfo{
		Name: "NETLINK_NO_ENOBUFS", Level: levelNetlink, Number: optNetlinkNoENOBUFS, Since: "2.6.30", Man: "netlink(7)",
	}, &asBool}

	// NetlinkListenAllNsid takes messages of other network namespaces that have a number here.
	NetlinkListenAllNsid = Option[bool]{&OptionInfo{
		Name: "NETLINK_LISTEN_ALL_NSID", Level: levelNetlink, Number: optNetlinkListenAllNsid, Since: "4.2", Man: "netlink(7)",
		Cap: "CAP_NET_BROADCAST", Denied: unix.EPERM,
	}, &asBool}

	// NetlinkCapAck leaves the request out of acknowledgments.
	NetlinkCapAck = Option[bool]{&OptionInfo{Name: "NETLINK_CAP_ACK", Level: levelNetlink, Number: optNetlinkCapAck, Since: "4.3", Man: "netlink(7)"}, &asBool}

	// NetlinkExtAck adds attributes that explain an error.
	NetlinkExtAck = Option[bool]{&OptionInfo{
		Name: "NETLINK_EXT_ACK", Level: levelNetlink, Number: optNetlinkExtAck, Since: "4.12", Man: "Documentation/userspace-api/netlink/intro.rst",
	}, &asBool}

	// NetlinkGetStrictChk checks the headers of dump requests strictly.
	NetlinkGetStrictChk = Option[bool]{&OptionInfo{
		Name: "NETLINK_GET_STRICT_CHK", Level: levelNetlink, Number: optNetlinkGetStrictChk, Since: "4.20", Man: "Documentation/userspace-api/netlink/intro.rst",
	}, &asBool}
)

var netlinkRows = []option{
	NetlinkAddMembership, NetlinkDropMembership, NetlinkListMemberships, NetlinkPktInfo, NetlinkBroadcastError,
	NetlinkNoENOBUFS, NetlinkListenAllNsid, NetlinkCapAck, NetlinkExtAck, NetlinkGetStrictChk,
}

// Options of sockets between virtual machines, vsock(7).
var (
	// VsockBufferSize is the size of the receive buffer.
	VsockBufferSize = Option[uint64]{&OptionInfo{
		Name: "SO_VM_SOCKETS_BUFFER_SIZE", Level: levelVsock, Number: optVsockBufferSize, Since: "3.9", Man: "linux/vm_sockets.h",
	}, &asUint64}

	// VsockBufferMinSize is the least size of the receive buffer.
	VsockBufferMinSize = Option[uint64]{&OptionInfo{
		Name: "SO_VM_SOCKETS_BUFFER_MIN_SIZE", Level: levelVsock, Number: optVsockBufferMinSize, Since: "3.9", Man: "linux/vm_sockets.h",
	}, &asUint64}

	// VsockBufferMaxSize is the most size of the receive buffer.
	VsockBufferMaxSize = Option[uint64]{&OptionInfo{
		Name: "SO_VM_SOCKETS_BUFFER_MAX_SIZE", Level: levelVsock, Number: optVsockBufferMaxSize, Since: "3.9", Man: "linux/vm_sockets.h",
	}, &asUint64}

	// VsockConnectTimeout is how long connect tries.
	VsockConnectTimeout = Option[time.Duration]{&OptionInfo{
		Name: "SO_VM_SOCKETS_CONNECT_TIMEOUT", Level: levelVsock, Number: optVsockConnectTimeout, Since: "3.9", Man: "linux/vm_sockets.h",
		Reads: "rounded up to the kernel's clock tick",
	}, &asTimeval}

	// VsockConnectTimeoutNew is how long connect tries, with 64 bits of seconds on every machine.
	VsockConnectTimeoutNew = Option[time.Duration]{&OptionInfo{
		Name: "SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW", Level: levelVsock, Number: optVsockConnectTimeoutNew, Since: "5.16", Man: "linux/vm_sockets.h",
		Reads: "rounded up to the kernel's clock tick",
	}, &asTimeval64}
)

var vsockRows = []option{
	VsockBufferSize, VsockBufferMinSize, VsockBufferMaxSize, VsockConnectTimeout, VsockConnectTimeoutNew,
}

// Options of XDP sockets, Documentation/networking/af_xdp.rst.
var (
	// XDPUmemReg registers memory for packets.
	XDPUmemReg = WriteOption[XDPUmem]{&OptionInfo{
		Name: "XDP_UMEM_REG", Level: levelXDP, Number: optXDPUmemReg, Since: "4.18", Man: "Documentation/networking/af_xdp.rst",
	}, &asXDPUmem}

	// XDPUmemFillRing makes the ring of free chunks, with a power of two of entries.
	XDPUmemFillRing = WriteOption[int]{&OptionInfo{
		Name: "XDP_UMEM_FILL_RING", Level: levelXDP, Number: optXDPUmemFillRing, Since: "4.18", Man: "Documentation/networking/af_xdp.rst",
	}, &asInt}

	// XDPUmemCompletionRing makes the ring of chunks that were sent.
	XDPUmemCompletionRing = WriteOption[int]{&OptionInfo{
		Name: "XDP_UMEM_COMPLETION_RING", Level: levelXDP, Number: optXDPUmemCompletionRing, Since: "4.18", Man: "Documentation/networking/af_xdp.rst",
	}, &asInt}

	// XDPRxRing makes the ring of packets received.
	XDPRxRing = WriteOption[int]{&OptionInfo{
		Name: "XDP_RX_RING", Level: levelXDP, Number: optXDPRxRing, Since: "4.18", Man: "Documentation/networking/af_xdp.rst",
	}, &asInt}

	// XDPTxRing makes the ring of packets to send.
	XDPTxRing = WriteOption[int]{&OptionInfo{
		Name: "XDP_TX_RING", Level: levelXDP, Number: optXDPTxRing, Since: "4.18", Man: "Documentation/networking/af_xdp.rst",
	}, &asInt}

	// XDPStatistics is the counts of drops and of invalid descriptors.
	XDPStatistics = ReadOption[XDPStats]{&OptionInfo{
		Name: "XDP_STATISTICS", Level: levelXDP, Number: optXDPStatistics, Since: "4.18", Man: "Documentation/networking/af_xdp.rst",
	}, &asXDPStats}

	// XDPMmapOffsets is where in the mapped rings their fields are.
	XDPMmapOffsets = ReadOption[XDPOffsets]{&OptionInfo{
		Name: "XDP_MMAP_OFFSETS", Level: levelXDP, Number: optXDPMmapOffsets, Since: "4.18", Man: "Documentation/networking/af_xdp.rst",
	}, &asXDPOffsets}

	// XDPOptions is whether packets are not copied (XDP_OPTIONS_ZEROCOPY).
	XDPOptions = ReadOption[uint32]{&OptionInfo{
		Name: "XDP_OPTIONS", Level: levelXDP, Number: optXDPOptions, Since: "5.3", Man: "Documentation/networking/af_xdp.rst",
	}, &asUint32}
)

var xdpRows = []option{
	XDPUmemReg, XDPUmemFillRing, XDPUmemCompletionRing, XDPRxRing, XDPTxRing,
	XDPStatistics, XDPMmapOffsets, XDPOptions,
}
