package rawsock

import (
	"time"

	"golang.org/x/sys/unix"
)

// Options of TCP, tcp(7).
var (
	// TCPNoDelay sends small segments at once (no Nagle algorithm).
	TCPNoDelay = Option[bool]{&OptionInfo{Name: "TCP_NODELAY", Level: levelTCP, Number: optTCPNoDelay, Since: "1.0", Man: "tcp(7)"}, &asBool}

	// TCPCork holds back what fills no segment, up to 200 ms.
	TCPCork = Option[bool]{&OptionInfo{Name: "TCP_CORK", Level: levelTCP, Number: optTCPCork, Since: "2.2", Man: "tcp(7)"}, &asBool}

	// TCPMaxSeg is the largest segment, announced to the peer; before connect or listen.
	TCPMaxSeg = Option[int]{&OptionInfo{
		Name: "TCP_MAXSEG", Level: levelTCP, Number: optTCPMaxSeg, Since: "1.0", Man: "tcp(7)",
		Reads: "the size in use once there is a connection, which is less by the TCP options",
	}, &asInt}

	// TCPWindowClamp is the largest window that is announced.
	TCPWindowClamp = Option[int]{&OptionInfo{Name: "TCP_WINDOW_CLAMP", Level: levelTCP, Number: optTCPWindowClamp, Since: "2.4", Man: "tcp(7)"}, &asInt}

	// TCPKeepIdle is how long a connection is idle before it is probed.
	TCPKeepIdle = Option[time.Duration]{&OptionInfo{Name: "TCP_KEEPIDLE", Level: levelTCP, Number: optTCPKeepIdle, Since: "2.4", Man: "tcp(7)"}, &asSeconds}

	// TCPKeepIntvl is the time between probes.
	TCPKeepIntvl = Option[time.Duration]{&OptionInfo{Name: "TCP_KEEPINTVL", Level: levelTCP, Number: optTCPKeepIntvl, Since: "2.4", Man: "tcp(7)"}, &asSeconds}

	// TCPKeepCnt is how many probes may go unanswered.
	TCPKeepCnt = Option[int]{&OptionInfo{Name: "TCP_KEEPCNT", Level: levelTCP, Number: optTCPKeepCnt, Since: "2.4", Man: "tcp(7)"}, &asInt}

	// TCPUserTimeout is how long data may stay unacknowledged before the connection fails.
	TCPUserTimeout = Option[time.Duration]{&OptionInfo{
		Name: "TCP_USER_TIMEOUT", Level: levelTCP, Number: optTCPUserTimeout, Since: "2.6.37", Man: "tcp(7)",
	}, &asMilliseconds}

	// TCPSynCnt is how often SYN is sent again before connect fails.
	TCPSynCnt = Option[int]{&OptionInfo{Name: "TCP_SYNCNT", Level: levelTCP, Number: optTCPSynCnt, Since: "2.4", Man: "tcp(7)"}, &asInt}

	// TCPLinger2 is how long a closed connection stays in FIN_WAIT2.
	TCPLinger2 = Option[time.Duration]{&OptionInfo{
		Name: "TCP_LINGER2", Level: levelTCP, Number: optTCPLinger2, Since: "2.4", Man: "tcp(7)",
		Reads: "at most 120 s, and negative time as -1 s",
	}, &asSeconds}

	// TCPDeferAccept wakes a listener only when data has come.
	TCPDeferAccept = Option[time.Duration]{&OptionInfo{
		Name: "TCP_DEFER_ACCEPT", Level: levelTCP, Number: optTCPDeferAccept, Since: "2.4", Man: "tcp(7)",
		Reads: "rounded up to the time of a retransmission: 1, 3, 7, 15, 31 … s",
	}, &asSeconds}

	// TCPQuickAck acknowledges at once, for now: the kernel turns it off and on.
	TCPQuickAck = Option[bool]{&OptionInfo{Name: "TCP_QUICKACK", Level: levelTCP, Number: optTCPQuickAck, Since: "2.4.4", Man: "tcp(7)"}, &asBool}

	// TCPInfo is the state and the counters of a connection.
	TCPInfo = ReadOption[TCPConnInfo]{&OptionInfo{Name: "TCP_INFO", Level: levelTCP, Number: optTCPInfo, Since: "2.4", Man: "tcp(7)"}, &asTCPInfo}

	// TCPCongestion is the congestion control algorithm by name.
	TCPCongestion = Option[string]{&OptionInfo{
		Name: "TCP_CONGESTION", Level: levelTCP, Number: optTCPCongestion, Since: "2.6.13", Man: "tcp(7)",
		Cap: "CAP_NET_ADMIN beyond net.ipv4.tcp_allowed_congestion_control", Denied: unix.EPERM,
	}, &asName}

	// TCPCCInfo is what the congestion control algorithm tells of itself.
	TCPCCInfo = ReadOption[CCInfo]{&OptionInfo{Name: "TCP_CC_INFO", Level: levelTCP, Number: optTCPCCInfo, Since: "4.1", Man: "linux/tcp.h"}, &asCCInfo}

	// TCPThinLinearTimeouts does not back off exponentially on a stream with few packets in flight.
	TCPThinLinearTimeouts = Option[bool]{&OptionInfo{
		Name: "TCP_THIN_LINEAR_TIMEOUTS", Level: levelTCP, Number: optTCPThinLinearTimeouts, Since: "2.6.34", Man: "Documentation/networking/tcp-thin.rst",
	}, &asBool}

	// TCPThinDupAck once retransmitted after one duplicate acknowledgment.
	TCPThinDupAck = Option[bool]{&OptionInfo{
		Name: "TCP_THIN_DUPACK", Level: levelTCP, Number: optTCPThinDupAck, Since: "2.6.34", Man: "Documentation/networking/tcp-thin.rst",
		Reads: "always false: without effect since 4.11",
	}, &asBool}

	// TCPNotSentLowat is how many unsent bytes keep the socket from being writable.
	TCPNotSentLowat = Option[uint32]{&OptionInfo{
		Name: "TCP_NOTSENT_LOWAT", Level: levelTCP, Number: optTCPNotSentLowat, Since: "3.12", Man: "linux/tcp.h",
	}, &asUint32}

	// TCPFastOpen is how many connections of a listener may carry data in SYN.
	TCPFastOpen = Option[int]{&OptionInfo{Name: "TCP_FASTOPEN", Level: levelTCP, Number: optTCPFastOpen, Since: "3.7", Man: "tcp(7)"}, &asInt}

	// TCPFastOpenConnect makes connect wait for the first write, whose data goes with SYN.
	TCPFastOpenConnect = Option[bool]{&OptionInfo{
		Name: "TCP_FASTOPEN_CONNECT", Level: levelTCP, Number: optTCPFastOpenConnect, Since: "4.11", Man: "tcp(7)",
	}, &asBool}

	// TCPFastOpenKey is the key of a listener's cookies: 16 bytes, or 32 for two keys.
	TCPFastOpenKey = BytesOption{bytesRow{&OptionInfo{
		Name: "TCP_FASTOPEN_KEY", Level: levelTCP, Number: optTCPFastOpenKey, Since: "4.15", Man: "linux/tcp.h",
	}, "key"}}

	// TCPFastOpenNoCookie uses fast open without a cookie.
	TCPFastOpenNoCookie = Option[bool]{&OptionInfo{
		Name: "TCP_FASTOPEN_NO_COOKIE", Level: levelTCP, Number: optTCPFastOpenNoCookie, Since: "4.15", Man: "linux/tcp.h",
	}, &asBool}

	// TCPSaveSyn keeps the headers of SYN for TCP_SAVED_SYN: 1 network and transport, 2 link too.
	TCPSaveSyn = Option[int]{&OptionInfo{Name: "TCP_SAVE_SYN", Level: levelTCP, Number: optTCPSaveSyn, Since: "4.2", Man: "linux/tcp.h"}, &asInt}

	// TCPSavedSyn takes the headers of the SYN that made an accepted connection.
	TCPSavedSyn = ReadBytesOption{bytesRow{&OptionInfo{
		Name: "TCP_SAVED_SYN", Level: levelTCP, Number: optTCPSavedSyn, Since: "4.2", Man: "linux/tcp.h",
	}, "headers"}}

	// TCPInq delivers how many bytes are left to read as control message TCP_CM_INQ.
	TCPInq = Option[bool]{&OptionInfo{Name: "TCP_INQ", Level: levelTCP, Number: optTCPInq, Since: "4.18", Man: "linux/tcp.h"}, &asBool}

	// TCPTxDelay delays every packet, which needs the fq queue.
	TCPTxDelay = Option[time.Duration]{&OptionInfo{
		Name: "TCP_TX_DELAY", Level: levelTCP, Number: optTCPTxDelay, Since: "5.3", Man: "linux/tcp.h",
	}, &asMicroseconds}

	// TCPZeroCopyReceive maps received pages into memory; the buffer holds the request and then the answer.
	TCPZeroCopyReceive = ReadBytesOption{bytesRow{&OptionInfo{
		Name: "TCP_ZEROCOPY_RECEIVE", Level: levelTCP, Number: optTCPZeroCopyReceive, Since: "4.18", Man: "linux/tcp.h",
	}, "struct tcp_zerocopy_receive"}}

	// TCPULP is the protocol on top of TCP by name, such as tls; ENOENT when the kernel has none of that name.
	TCPULP = Option[string]{&OptionInfo{Name: "TCP_ULP", Level: levelTCP, Number: optTCPULP, Since: "4.13", Man: "Documentation/networking/tls.rst"}, &asName}

	// TCPMD5Sig signs the segments to and from a peer (RFC 2385).
	TCPMD5Sig = WriteOption[TCPMD5Key]{&OptionInfo{
		Name: "TCP_MD5SIG", Level: levelTCP, Number: optTCPMD5Sig, Since: "2.6.20", Man: "linux/tcp.h",
		Needs: "CONFIG_TCP_MD5SIG", Lacks: unix.ENOPROTOOPT,
	}, &asMD5Key}

	// TCPMD5SigExt is TCP_MD5SIG for a prefix of addresses or an interface.
	TCPMD5SigExt = WriteOption[TCPMD5Key]{&OptionInfo{
		Name: "TCP_MD5SIG_EXT", Level: levelTCP, Number: optTCPMD5SigExt, Since: "4.13", Man: "linux/tcp.h",
		Needs: "CONFIG_TCP_MD5SIG", Lacks: unix.ENOPROTOOPT,
	}, &asMD5Key}

	// TCPAOAddKey adds a key of TCP-AO (RFC 5925).
	TCPAOAddKey = WriteBytesOption{bytesRow{&OptionInfo{
		Name: "TCP_AO_ADD_KEY", Level: levelTCP, Number: optTCPAOAddKey, Since: "6.7", Man: "Documentation/networking/tcp_ao.rst",
		Needs: "CONFIG_TCP_AO", Lacks: unix.ENOPROTOOPT,
	}, "struct tcp_ao_add"}}

	// TCPAODelKey removes a key of TCP-AO.
	TCPAODelKey = WriteBytesOption{bytesRow{&OptionInfo{
		Name: "TCP_AO_DEL_KEY", Level: levelTCP, Number: optTCPAODelKey, Since: "6.7", Man: "Documentation/networking/tcp_ao.rst",
		Needs: "CONFIG_TCP_AO", Lacks: unix.ENOPROTOOPT,
	}, "struct tcp_ao_del"}}

	// TCPAOInfo is the state of TCP-AO.
	TCPAOInfo = BytesOption{bytesRow{&OptionInfo{
		Name: "TCP_AO_INFO", Level: levelTCP, Number: optTCPAOInfo, Since: "6.7", Man: "Documentation/networking/tcp_ao.rst",
		Needs: "CONFIG_TCP_AO", Lacks: unix.ENOPROTOOPT,
	}, "struct tcp_ao_info_opt"}}

	// TCPAOGetKeys is the keys of TCP-AO.
	TCPAOGetKeys = ReadBytesOption{bytesRow{&OptionInfo{
		Name: "TCP_AO_GET_KEYS", Level: levelTCP, Number: optTCPAOGetKeys, Since: "6.7", Man: "Documentation/networking/tcp_ao.rst",
		Needs: "CONFIG_TCP_AO", Lacks: unix.ENOPROTOOPT,
	}, "struct tcp_ao_getsockopt"}}

	// TCPAORepair is the state of TCP-AO of a connection under repair.
	TCPAORepair = BytesOption{bytesRow{&OptionInfo{
		Name: "TCP_AO_REPAIR", Level: levelTCP, Number: optTCPAORepair, Since: "6.7", Man: "Documentation/networking/tcp_ao.rst",
		Cap: "CAP_NET_ADMIN", Denied: unix.EPERM,
		Needs: "CONFIG_TCP_AO", Lacks: unix.ENOPROTOOPT,
	}, "struct tcp_ao_repair"}}

	// TCPRepair takes a connection apart and puts it together without a packet: 1 on, 0 off, -1 off without a window probe.
	TCPRepair = Option[int]{&OptionInfo{
		Name: "TCP_REPAIR", Level: levelTCP, Number: optTCPRepair, Since: "3.5", Man: "linux/tcp.h",
		Cap: "CAP_NET_ADMIN", Denied: unix.EPERM,
	}, &asInt}

	// TCPRepairQueue is the queue that repair works on: 0 none, 1 received, 2 sent.
	TCPRepairQueue = Option[int]{&OptionInfo{Name: "TCP_REPAIR_QUEUE", Level: levelTCP, Number: optTCPRepairQueue, Since: "3.5", Man: "linux/tcp.h"}, &asInt}

	// TCPQueueSeq is the sequence number at the end of the queue under repair.
	TCPQueueSeq = Option[uint32]{&OptionInfo{Name: "TCP_QUEUE_SEQ", Level: levelTCP, Number: optTCPQueueSeq, Since: "3.5", Man: "linux/tcp.h"}, &asUint32}

	// TCPRepairOptions is an option that the connection under repair negotiated.
	TCPRepairOptions = WriteOption[TCPRepairOpt]{&OptionInfo{
		Name: "TCP_REPAIR_OPTIONS", Level: levelTCP, Number: optTCPRepairOptions, Since: "3.5", Man: "linux/tcp.h",
	}, &asRepairOpt}

	// TCPRepairWindow is the windows of a connection under repair.
	TCPRepairWindow = Option[RepairWindow]{&OptionInfo{
		Name: "TCP_REPAIR_WINDOW", Level: levelTCP, Number: optTCPRepairWindow, Since: "4.8", Man: "linux/tcp.h",
	}, &asRepairWindow}

	// TCPTimestamp is the clock of the timestamp option; to set it needs repair.
	TCPTimestamp = Option[uint32]{&OptionInfo{Name: "TCP_TIMESTAMP", Level: levelTCP, Number: optTCPTimestamp, Since: "3.9", Man: "linux/tcp.h"}, &asUint32}

	// TCPIsMPTCP tells whether the connection is part of a multipath one.
	TCPIsMPTCP = ReadOption[bool]{&OptionInfo{
		Name: "TCP_IS_MPTCP", Level: levelTCP, Number: optTCPIsMPTCP, Since: "6.7", Man: "Documentation/networking/mptcp.rst",
	}, &asBool}

	// TCPRTOMaxMs is the longest time before a retransmission.
	TCPRTOMaxMs = Option[time.Duration]{&OptionInfo{
		Name: "TCP_RTO_MAX_MS", Level: levelTCP, Number: optTCPRTOMaxMs, Since: "6.15", Man: "linux/tcp.h",
	}, &asMilliseconds}

	// TCPRTOMinUs is the shortest time before a retransmission.
	TCPRTOMinUs = Option[time.Duration]{&OptionInfo{
		Name: "TCP_RTO_MIN_US", Level: levelTCP, Number: optTCPRTOMinUs, Since: "6.15", Man: "linux/tcp.h",
	}, &asMicroseconds}

	// TCPDelAckMaxUs is the longest time before an acknowledgment.
	TCPDelAckMaxUs = Option[time.Duration]{&OptionInfo{
		Name: "TCP_DELACK_MAX_US", Level: levelTCP, Number: optTCPDelAckMaxUs, Since: "6.15", Man: "linux/tcp.h",
	}, &asMicroseconds}
)

var tcpRows = []option{
	TCPNoDelay, TCPCork, TCPMaxSeg, TCPWindowClamp, TCPKeepIdle,
	TCPKeepIntvl, TCPKeepCnt, TCPUserTimeout, TCPSynCnt, TCPLinger2,
	TCPDeferAccept, TCPQuickAck, TCPInfo, TCPCongestion, TCPCCInfo,
	TCPThinLinearTimeouts, TCPThinDupAck, TCPNotSentLowat, TCPFastOpen, TCPFastOpenConnect,
	TCPFastOpenKey, TCPFastOpenNoCookie, TCPSaveSyn, TCPSavedSyn, TCPInq,
	TCPTxDelay, TCPZeroCopyReceive, TCPULP, TCPMD5Sig, TCPMD5SigExt,
	TCPAOAddKey, TCPAODelKey, TCPAOInfo, TCPAOGetKeys, TCPAORepair,
	TCPRepair, TCPRepairQueue, TCPQueueSeq, TCPRepairOptions, TCPRepairWindow,
	TCPTimestamp, TCPIsMPTCP, TCPRTOMaxMs, TCPRTOMinUs, TCPDelAckMaxUs,
}

// Options of multipath TCP, Documentation/networking/mptcp.rst.
var (
	// MPTCPInfo is the state and the counters of a multipath connection.
	MPTCPInfo = ReadOption[MPTCPConnInfo]{&OptionInfo{
		Name: "MPTCP_INFO", Level: levelMPTCP, Number: optMPTCPInfo, Since: "5.16", Man: "Documentation/networking/mptcp.rst",
	}, &asMPTCPInfo}

	// MPTCPTCPInfo is TCP_INFO of every subflow; the buffer begins with the request.
	MPTCPTCPInfo = ReadBytesOption{bytesRow{&OptionInfo{
		Name: "MPTCP_TCPINFO", Level: levelMPTCP, Number: optMPTCPTCPInfo, Since: "5.16", Man: "Documentation/networking/mptcp.rst",
	}, "struct mptcp_subflow_data, struct tcp_info …"}}

	// MPTCPSubflowAddrs is the addresses of every subflow; the buffer begins with the request.
	MPTCPSubflowAddrs = ReadBytesOption{bytesRow{&OptionInfo{
		Name: "MPTCP_SUBFLOW_ADDRS", Level: levelMPTCP, Number: optMPTCPSubflowAddrs, Since: "5.16", Man: "Documentation/networking/mptcp.rst",
	}, "struct mptcp_subflow_data, struct mptcp_subflow_addrs …"}}

	// MPTCPFullInfo is the three others at once; the buffer holds the request.
	MPTCPFullInfo = ReadBytesOption{bytesRow{&OptionInfo{
		Name: "MPTCP_FULL_INFO", Level: levelMPTCP, Number: optMPTCPFullInfo, Since: "6.5", Man: "Documentation/networking/mptcp.rst",
	}, "struct mptcp_full_info"}}
)

var mptcpRows = []option{
	MPTCPInfo, MPTCPTCPInfo, MPTCPSubflowAddrs, MPTCPFullInfo,
}
