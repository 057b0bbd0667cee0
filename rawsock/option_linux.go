package rawsock

import "golang.org/x/sys/unix"

// The levels and numbers of options. Those given as digits are missing in x/sys
// 0.49.0.
const (
	levelSocket  = unix.SOL_SOCKET
	levelIP      = unix.IPPROTO_IP
	levelIPv6    = unix.IPPROTO_IPV6
	levelTCP     = unix.IPPROTO_TCP
	levelUDP     = unix.IPPROTO_UDP
	levelUDPLite = unix.IPPROTO_UDPLITE
	levelMPTCP   = unix.SOL_MPTCP
	levelPacket  = unix.SOL_PACKET
	levelNetlink = unix.SOL_NETLINK
	levelVsock   = unix.AF_VSOCK
	levelXDP     = unix.SOL_XDP
	levelRaw     = unix.SOL_RAW
	levelICMPv6  = unix.SOL_ICMPV6
)

const (
	optSODebug           = unix.SO_DEBUG
	optSOReuseAddr       = unix.SO_REUSEADDR
	optSOReusePort       = unix.SO_REUSEPORT
	optSOType            = unix.SO_TYPE
	optSODomain          = unix.SO_DOMAIN
	optSOProtocol        = unix.SO_PROTOCOL
	optSOError           = unix.SO_ERROR
	optSOAcceptConn      = unix.SO_ACCEPTCONN
	optSODontRoute       = unix.SO_DONTROUTE
	optSOBroadcast       = unix.SO_BROADCAST
	optSOKeepAlive       = unix.SO_KEEPALIVE
	optSOOOBInline       = unix.SO_OOBINLINE
	optSOLinger          = unix.SO_LINGER
	optSOSndBuf          = unix.SO_SNDBUF
	optSORcvBuf          = unix.SO_RCVBUF
	optSOSndBufForce     = unix.SO_SNDBUFFORCE
	optSORcvBufForce     = unix.SO_RCVBUFFORCE
	optSOBufLock         = unix.SO_BUF_LOCK
	optSOReserveMem      = unix.SO_RESERVE_MEM
	optSORcvLowat        = unix.SO_RCVLOWAT
	optSOSndLowat        = unix.SO_SNDLOWAT
	optSORcvTimeo        = unix.SO_RCVTIMEO
	optSOSndTimeo        = unix.SO_SNDTIMEO
	optSORcvTimeoNew     = unix.SO_RCVTIMEO_NEW
	optSOSndTimeoNew     = unix.SO_SNDTIMEO_NEW
	optSOBindToDevice    = unix.SO_BINDTODEVICE
	optSOBindToIfindex   = unix.SO_BINDTOIFINDEX
	optSOPriority        = unix.SO_PRIORITY
	optSOMark            = unix.SO_MARK
	optSORcvMark         = unix.SO_RCVMARK
	optSORcvPriority     = unix.SO_RCVPRIORITY
	optSONoCheck         = unix.SO_NO_CHECK
	optSOPassCred        = unix.SO_PASSCRED
	optSOPassSec         = unix.SO_PASSSEC
	optSOPassPidfd       = unix.SO_PASSPIDFD
	optSOPassRights      = unix.SO_PASSRIGHTS
	optSOInq             = unix.SO_INQ
	optSOPeerCred        = unix.SO_PEERCRED
	optSOPeerGroups      = unix.SO_PEERGROUPS
	optSOPeerPidfd       = unix.SO_PEERPIDFD
	optSOPeerSec         = unix.SO_PEERSEC
	optSOTimestamp       = unix.SO_TIMESTAMP
	optSOTimestampNS     = unix.SO_TIMESTAMPNS
	optSOTimestampNew    = unix.SO_TIMESTAMP_NEW
	optSOTimestampNSNew  = unix.SO_TIMESTAMPNS_NEW
	optSOTimestamping    = unix.SO_TIMESTAMPING
	optSOTimestampingNew = unix.SO_TIMESTAMPING_NEW
	optSOTxTime          = unix.SO_TXTIME
	optSORxqOvfl         = unix.SO_RXQ_OVFL
	optSOWifiStatus      = unix.SO_WIFI_STATUS
	optSOPeekOff         = unix.SO_PEEK_OFF
	optSONoFCS           = unix.SO_NOFCS
	optSOLockFilter      = unix.SO_LOCK_FILTER
	optSOSelectErrQueue  = unix.SO_SELECT_ERR_QUEUE
	optSOBusyPoll        = unix.SO_BUSY_POLL
	optSOPreferBusyPoll  = unix.SO_PREFER_BUSY_POLL
	optSOBusyPollBudget  = unix.SO_BUSY_POLL_BUDGET
	optSOMaxPacingRate   = unix.SO_MAX_PACING_RATE
	optSOBPFExtensions   = unix.SO_BPF_EXTENSIONS
	optSOIncomingCPU     = unix.SO_INCOMING_CPU
	optSOIncomingNapiID  = unix.SO_INCOMING_NAPI_ID
	optSOCnxAdvice       = unix.SO_CNX_ADVICE
	optSOMemInfo         = unix.SO_MEMINFO
	optSOCookie          = unix.SO_COOKIE
	optSONetnsCookie     = unix.SO_NETNS_COOKIE
	optSOZeroCopy        = unix.SO_ZEROCOPY
	optSOTxRehash        = unix.SO_TXREHASH
)

const (
	optIPTOS                   = unix.IP_TOS
	optIPTTL                   = unix.IP_TTL
	optIPHdrIncl               = unix.IP_HDRINCL
	optIPOptions               = unix.IP_OPTIONS
	optIPRouterAlert           = unix.IP_ROUTER_ALERT
	optIPRecvOpts              = unix.IP_RECVOPTS
	optIPRetOpts               = unix.IP_RETOPTS
	optIPPktInfo               = unix.IP_PKTINFO
	optIPPktOptions            = unix.IP_PKTOPTIONS
	optIPMTUDiscover           = unix.IP_MTU_DISCOVER
	optIPMTU                   = unix.IP_MTU
	optIPRecvErr               = unix.IP_RECVERR
	optIPRecvErrRFC4884        = unix.IP_RECVERR_RFC4884
	optIPRecvTTL               = unix.IP_RECVTTL
	optIPRecvTOS               = unix.IP_RECVTOS
	optIPRecvOrigDstAddr       = unix.IP_RECVORIGDSTADDR
	optIPRecvFragSize          = unix.IP_RECVFRAGSIZE
	optIPPassSec               = unix.IP_PASSSEC
	optIPChecksum              = unix.IP_CHECKSUM
	optIPFreeBind              = unix.IP_FREEBIND
	optIPTransparent           = unix.IP_TRANSPARENT
	optIPMinTTL                = unix.IP_MINTTL
	optIPNoDefrag              = unix.IP_NODEFRAG
	optIPBindAddressNoPort     = unix.IP_BIND_ADDRESS_NO_PORT
	optIPLocalPortRange        = unix.IP_LOCAL_PORT_RANGE
	optIPProtocol              = unix.IP_PROTOCOL
	optIPUnicastIf             = unix.IP_UNICAST_IF
	optIPMulticastIf           = unix.IP_MULTICAST_IF
	optIPMulticastTTL          = unix.IP_MULTICAST_TTL
	optIPMulticastLoop         = unix.IP_MULTICAST_LOOP
	optIPMulticastAll          = unix.IP_MULTICAST_ALL
	optIPAddMembership         = unix.IP_ADD_MEMBERSHIP
	optIPDropMembership        = unix.IP_DROP_MEMBERSHIP
	optIPAddSourceMembership   = unix.IP_ADD_SOURCE_MEMBERSHIP
	optIPDropSourceMembership  = unix.IP_DROP_SOURCE_MEMBERSHIP
	optIPBlockSource           = unix.IP_BLOCK_SOURCE
	optIPUnblockSource         = unix.IP_UNBLOCK_SOURCE
	optIPMsFilter              = unix.IP_MSFILTER
	optIPMcastJoinGroup        = unix.MCAST_JOIN_GROUP
	optIPMcastLeaveGroup       = unix.MCAST_LEAVE_GROUP
	optIPMcastJoinSourceGroup  = unix.MCAST_JOIN_SOURCE_GROUP
	optIPMcastLeaveSourceGroup = unix.MCAST_LEAVE_SOURCE_GROUP
	optIPMcastBlockSource      = unix.MCAST_BLOCK_SOURCE
	optIPMcastUnblockSource    = unix.MCAST_UNBLOCK_SOURCE
	optIPMcastMsFilter         = unix.MCAST_MSFILTER
)

const (
	optIPv6V6Only                = unix.IPV6_V6ONLY
	optIPv6UnicastHops           = unix.IPV6_UNICAST_HOPS
	optIPv6TClass                = unix.IPV6_TCLASS
	optIPv6MTU                   = unix.IPV6_MTU
	optIPv6MTUDiscover           = unix.IPV6_MTU_DISCOVER
	optIPv6PathMTU               = unix.IPV6_PATHMTU
	optIPv6DontFrag              = unix.IPV6_DONTFRAG
	optIPv6RecvErr               = unix.IPV6_RECVERR
	optIPv6RecvErrRFC4884        = unix.IPV6_RECVERR_RFC4884
	optIPv6RecvPktInfo           = unix.IPV6_RECVPKTINFO
	optIPv6RecvHopLimit          = unix.IPV6_RECVHOPLIMIT
	optIPv6RecvTClass            = unix.IPV6_RECVTCLASS
	optIPv6RecvHopOpts           = unix.IPV6_RECVHOPOPTS
	optIPv6RecvDstOpts           = unix.IPV6_RECVDSTOPTS
	optIPv6RecvRthdr             = unix.IPV6_RECVRTHDR
	optIPv6RecvPathMTU           = unix.IPV6_RECVPATHMTU
	optIPv6RecvOrigDstAddr       = unix.IPV6_RECVORIGDSTADDR
	optIPv6RecvFragSize          = unix.IPV6_RECVFRAGSIZE
	optIPv6PktInfo               = unix.IPV6_PKTINFO
	optIPv6HopOpts               = unix.IPV6_HOPOPTS
	optIPv6DstOpts               = unix.IPV6_DSTOPTS
	optIPv6RthdrDstOpts          = unix.IPV6_RTHDRDSTOPTS
	optIPv6Rthdr                 = unix.IPV6_RTHDR
	optIPv6FlowInfo              = 11
	optIPv6FlowInfoSend          = 33
	optIPv6FlowLabelMgr          = 32
	optIPv6AutoFlowLabel         = unix.IPV6_AUTOFLOWLABEL
	optIPv6AddrPreferences       = unix.IPV6_ADDR_PREFERENCES
	optIPv6MinHopCount           = unix.IPV6_MINHOPCOUNT
	optIPv6FreeBind              = unix.IPV6_FREEBIND
	optIPv6Transparent           = unix.IPV6_TRANSPARENT
	optIPv6UnicastIf             = unix.IPV6_UNICAST_IF
	optIPv6HdrIncl               = unix.IPV6_HDRINCL
	optIPv6Checksum              = unix.IPV6_CHECKSUM
	optIPv6RouterAlert           = unix.IPV6_ROUTER_ALERT
	optIPv6RouterAlertIsolate    = unix.IPV6_ROUTER_ALERT_ISOLATE
	optIPv6AddrForm              = unix.IPV6_ADDRFORM
	optIPv6MulticastIf           = unix.IPV6_MULTICAST_IF
	optIPv6MulticastHops         = unix.IPV6_MULTICAST_HOPS
	optIPv6MulticastLoop         = unix.IPV6_MULTICAST_LOOP
	optIPv6MulticastAll          = unix.IPV6_MULTICAST_ALL
	optIPv6JoinGroup             = unix.IPV6_JOIN_GROUP
	optIPv6LeaveGroup            = unix.IPV6_LEAVE_GROUP
	optIPv6JoinAnycast           = unix.IPV6_JOIN_ANYCAST
	optIPv6LeaveAnycast          = unix.IPV6_LEAVE_ANYCAST
	optIPv6McastJoinGroup        = unix.MCAST_JOIN_GROUP
	optIPv6McastLeaveGroup       = unix.MCAST_LEAVE_GROUP
	optIPv6McastJoinSourceGroup  = unix.MCAST_JOIN_SOURCE_GROUP
	optIPv6McastLeaveSourceGroup = unix.MCAST_LEAVE_SOURCE_GROUP
	optIPv6McastBlockSource      = unix.MCAST_BLOCK_SOURCE
	optIPv6McastUnblockSource    = unix.MCAST_UNBLOCK_SOURCE
	optIPv6McastMsFilter         = unix.MCAST_MSFILTER
)

const (
	optTCPNoDelay            = unix.TCP_NODELAY
	optTCPCork               = unix.TCP_CORK
	optTCPMaxSeg             = unix.TCP_MAXSEG
	optTCPWindowClamp        = unix.TCP_WINDOW_CLAMP
	optTCPKeepIdle           = unix.TCP_KEEPIDLE
	optTCPKeepIntvl          = unix.TCP_KEEPINTVL
	optTCPKeepCnt            = unix.TCP_KEEPCNT
	optTCPUserTimeout        = unix.TCP_USER_TIMEOUT
	optTCPSynCnt             = unix.TCP_SYNCNT
	optTCPLinger2            = unix.TCP_LINGER2
	optTCPDeferAccept        = unix.TCP_DEFER_ACCEPT
	optTCPQuickAck           = unix.TCP_QUICKACK
	optTCPInfo               = unix.TCP_INFO
	optTCPCongestion         = unix.TCP_CONGESTION
	optTCPCCInfo             = unix.TCP_CC_INFO
	optTCPThinLinearTimeouts = unix.TCP_THIN_LINEAR_TIMEOUTS
	optTCPThinDupAck         = unix.TCP_THIN_DUPACK
	optTCPNotSentLowat       = unix.TCP_NOTSENT_LOWAT
	optTCPFastOpen           = unix.TCP_FASTOPEN
	optTCPFastOpenConnect    = unix.TCP_FASTOPEN_CONNECT
	optTCPFastOpenKey        = unix.TCP_FASTOPEN_KEY
	optTCPFastOpenNoCookie   = unix.TCP_FASTOPEN_NO_COOKIE
	optTCPSaveSyn            = unix.TCP_SAVE_SYN
	optTCPSavedSyn           = unix.TCP_SAVED_SYN
	optTCPInq                = unix.TCP_INQ
	optTCPTxDelay            = unix.TCP_TX_DELAY
	optTCPZeroCopyReceive    = unix.TCP_ZEROCOPY_RECEIVE
	optTCPULP                = unix.TCP_ULP
	optTCPMD5Sig             = unix.TCP_MD5SIG
	optTCPMD5SigExt          = unix.TCP_MD5SIG_EXT
	optTCPAOAddKey           = 38
	optTCPAODelKey           = 39
	optTCPAOInfo             = 40
	optTCPAOGetKeys          = 41
	optTCPAORepair           = 42
	optTCPRepair             = unix.TCP_REPAIR
	optTCPRepairQueue        = unix.TCP_REPAIR_QUEUE
	optTCPQueueSeq           = unix.TCP_QUEUE_SEQ
	optTCPRepairOptions      = unix.TCP_REPAIR_OPTIONS
	optTCPRepairWindow       = unix.TCP_REPAIR_WINDOW
	optTCPTimestamp          = unix.TCP_TIMESTAMP
	optTCPIsMPTCP            = 43
	optTCPRTOMaxMs           = unix.TCP_RTO_MAX_MS
	optTCPRTOMinUs           = unix.TCP_RTO_MIN_US
	optTCPDelAckMaxUs        = unix.TCP_DELACK_MAX_US
)

const (
	optUDPCork       = unix.UDP_CORK
	optUDPEncap      = unix.UDP_ENCAP
	optUDPNoCheck6Tx = unix.UDP_NO_CHECK6_TX
	optUDPNoCheck6Rx = unix.UDP_NO_CHECK6_RX
	optUDPSegment    = unix.UDP_SEGMENT
	optUDPGRO        = unix.UDP_GRO
)

const (
	optUDPLiteSendCscov = 10
	optUDPLiteRecvCscov = 11
)

const (
	optMPTCPInfo         = 1
	optMPTCPTCPInfo      = 2
	optMPTCPSubflowAddrs = 3
	optMPTCPFullInfo     = 4
)

const (
	optPacketAddMembership  = unix.PACKET_ADD_MEMBERSHIP
	optPacketDropMembership = unix.PACKET_DROP_MEMBERSHIP
	optPacketStatistics     = unix.PACKET_STATISTICS
	optPacketCopyThresh     = unix.PACKET_COPY_THRESH
	optPacketAuxdata        = unix.PACKET_AUXDATA
	optPacketOrigDev        = unix.PACKET_ORIGDEV
	optPacketVersion        = unix.PACKET_VERSION
	optPacketHdrlen         = unix.PACKET_HDRLEN
	optPacketReserve        = unix.PACKET_RESERVE
	optPacketRxRing         = unix.PACKET_RX_RING
	optPacketTxRing         = unix.PACKET_TX_RING
	optPacketLoss           = unix.PACKET_LOSS
	optPacketVnetHdr        = unix.PACKET_VNET_HDR
	optPacketVnetHdrSz      = unix.PACKET_VNET_HDR_SZ
	optPacketTimestamp      = unix.PACKET_TIMESTAMP
	optPacketFanout         = unix.PACKET_FANOUT
	optPacketTxHasOff       = unix.PACKET_TX_HAS_OFF
	optPacketQdiscBypass    = unix.PACKET_QDISC_BYPASS
	optPacketRolloverStats  = unix.PACKET_ROLLOVER_STATS
	optPacketIgnoreOutgoing = unix.PACKET_IGNORE_OUTGOING
)

const (
	optNetlinkAddMembership   = unix.NETLINK_ADD_MEMBERSHIP
	optNetlinkDropMembership  = unix.NETLINK_DROP_MEMBERSHIP
	optNetlinkListMemberships = unix.NETLINK_LIST_MEMBERSHIPS
	optNetlinkPktInfo         = unix.NETLINK_PKTINFO
	optNetlinkBroadcastError  = unix.NETLINK_BROADCAST_ERROR
	optNetlinkNoENOBUFS       = unix.NETLINK_NO_ENOBUFS
	optNetlinkListenAllNsid   = unix.NETLINK_LISTEN_ALL_NSID
	optNetlinkCapAck          = unix.NETLINK_CAP_ACK
	optNetlinkExtAck          = unix.NETLINK_EXT_ACK
	optNetlinkGetStrictChk    = unix.NETLINK_GET_STRICT_CHK
)

const (
	optVsockBufferSize        = unix.SO_VM_SOCKETS_BUFFER_SIZE
	optVsockBufferMinSize     = unix.SO_VM_SOCKETS_BUFFER_MIN_SIZE
	optVsockBufferMaxSize     = unix.SO_VM_SOCKETS_BUFFER_MAX_SIZE
	optVsockConnectTimeout    = unix.SO_VM_SOCKETS_CONNECT_TIMEOUT
	optVsockConnectTimeoutNew = unix.SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW
)

const (
	optXDPUmemReg            = unix.XDP_UMEM_REG
	optXDPUmemFillRing       = unix.XDP_UMEM_FILL_RING
	optXDPUmemCompletionRing = unix.XDP_UMEM_COMPLETION_RING
	optXDPRxRing             = unix.XDP_RX_RING
	optXDPTxRing             = unix.XDP_TX_RING
	optXDPStatistics         = unix.XDP_STATISTICS
	optXDPMmapOffsets        = unix.XDP_MMAP_OFFSETS
	optXDPOptions            = unix.XDP_OPTIONS
)

const (
	optICMPFilter = 1
)

const (
	optICMPv6Filter = 1
)

// IP_MULTICAST_TTL and IP_MULTICAST_LOOP are ints; one byte is taken too.
const (
	octetType = "int"
	octetSize = 4
)
