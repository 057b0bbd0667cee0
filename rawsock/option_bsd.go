//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package rawsock

import "golang.org/x/sys/unix"

// The options that all of these systems have; those that some have are in the
// files of each.
const (
	levelSocket = unix.SOL_SOCKET
	levelIP     = unix.IPPROTO_IP
	levelIPv6   = unix.IPPROTO_IPV6
	levelTCP    = unix.IPPROTO_TCP
	levelUDP    = unix.IPPROTO_UDP
)

const (
	optSODebug           = unix.SO_DEBUG
	optSOReuseAddr       = unix.SO_REUSEADDR
	optSOReusePort       = unix.SO_REUSEPORT
	optSOType            = unix.SO_TYPE
	optSOError           = unix.SO_ERROR
	optSOAcceptConn      = unix.SO_ACCEPTCONN
	optSODontRoute       = unix.SO_DONTROUTE
	optSOBroadcast       = unix.SO_BROADCAST
	optSOKeepAlive       = unix.SO_KEEPALIVE
	optSOOOBInline       = unix.SO_OOBINLINE
	optSOSndBuf          = unix.SO_SNDBUF
	optSORcvBuf          = unix.SO_RCVBUF
	optSORcvLowat        = unix.SO_RCVLOWAT
	optSOSndLowat        = unix.SO_SNDLOWAT
	optSORcvTimeo        = unix.SO_RCVTIMEO
	optSOSndTimeo        = unix.SO_SNDTIMEO
	optSOTimestamp       = unix.SO_TIMESTAMP
	optIPTOS             = unix.IP_TOS
	optIPTTL             = unix.IP_TTL
	optIPHdrIncl         = unix.IP_HDRINCL
	optIPOptions         = unix.IP_OPTIONS
	optIPRecvOpts        = unix.IP_RECVOPTS
	optIPRetOpts         = unix.IP_RETOPTS
	optIPRecvTTL         = unix.IP_RECVTTL
	optIPMulticastIf     = unix.IP_MULTICAST_IF
	optIPMulticastTTL    = unix.IP_MULTICAST_TTL
	optIPMulticastLoop   = unix.IP_MULTICAST_LOOP
	optIPAddMembership   = unix.IP_ADD_MEMBERSHIP
	optIPDropMembership  = unix.IP_DROP_MEMBERSHIP
	optIPv6V6Only        = unix.IPV6_V6ONLY
	optIPv6UnicastHops   = unix.IPV6_UNICAST_HOPS
	optIPv6TClass        = unix.IPV6_TCLASS
	optIPv6PathMTU       = unix.IPV6_PATHMTU
	optIPv6DontFrag      = unix.IPV6_DONTFRAG
	optIPv6RecvPktInfo   = unix.IPV6_RECVPKTINFO
	optIPv6RecvHopLimit  = unix.IPV6_RECVHOPLIMIT
	optIPv6RecvTClass    = unix.IPV6_RECVTCLASS
	optIPv6RecvHopOpts   = unix.IPV6_RECVHOPOPTS
	optIPv6RecvDstOpts   = unix.IPV6_RECVDSTOPTS
	optIPv6RecvRthdr     = unix.IPV6_RECVRTHDR
	optIPv6RecvPathMTU   = unix.IPV6_RECVPATHMTU
	optIPv6PktInfo       = unix.IPV6_PKTINFO
	optIPv6HopOpts       = unix.IPV6_HOPOPTS
	optIPv6DstOpts       = unix.IPV6_DSTOPTS
	optIPv6RthdrDstOpts  = unix.IPV6_RTHDRDSTOPTS
	optIPv6Rthdr         = unix.IPV6_RTHDR
	optIPv6Checksum      = unix.IPV6_CHECKSUM
	optIPv6MulticastIf   = unix.IPV6_MULTICAST_IF
	optIPv6MulticastHops = unix.IPV6_MULTICAST_HOPS
	optIPv6MulticastLoop = unix.IPV6_MULTICAST_LOOP
	optIPv6JoinGroup     = unix.IPV6_JOIN_GROUP
	optIPv6LeaveGroup    = unix.IPV6_LEAVE_GROUP
	optTCPNoDelay        = unix.TCP_NODELAY
	optTCPMaxSeg         = unix.TCP_MAXSEG
)

// Levels and options that none of them has, or with another type.
const (
	levelUDPLite = absent
	levelMPTCP
	levelPacket
	levelNetlink
	levelVsock
	levelXDP
	levelRaw
	levelICMPv6
	optSOSndBufForce
	optSORcvBufForce
	optSOBufLock
	optSOReserveMem
	optSORcvTimeoNew
	optSOSndTimeoNew
	optSOBindToDevice
	optSOBindToIfindex
	optSOPriority
	optSOMark
	optSORcvMark
	optSORcvPriority
	optSONoCheck
	optSOPassCred
	optSOPassSec
	optSOPassPidfd
	optSOPassRights
	optSOInq
	optSOPeerCred
	optSOPeerGroups
	optSOPeerPidfd
	optSOPeerSec
	optSOTimestampNS
	optSOTimestampNew
	optSOTimestampNSNew
	optSOTimestamping
	optSOTimestampingNew
	optSOTxTime
	optSORxqOvfl
	optSOWifiStatus
	optSOPeekOff
	optSONoFCS
	optSOLockFilter
	optSOSelectErrQueue
	optSOBusyPoll
	optSOPreferBusyPoll
	optSOBusyPollBudget
	optSOMaxPacingRate
	optSOBPFExtensions
	optSOIncomingCPU
	optSOIncomingNapiID
	optSOCnxAdvice
	optSOMemInfo
	optSOCookie
	optSONetnsCookie
	optSOZeroCopy
	optSOTxRehash
	optIPRouterAlert
	optIPPktOptions
	optIPMTUDiscover
	optIPMTU
	optIPRecvErr
	optIPRecvErrRFC4884
	optIPRecvOrigDstAddr
	optIPRecvFragSize
	optIPPassSec
	optIPChecksum
	optIPFreeBind
	optIPTransparent
	optIPNoDefrag
	optIPBindAddressNoPort
	optIPLocalPortRange
	optIPProtocol
	optIPUnicastIf
	optIPMulticastAll
	optIPAddSourceMembership
	optIPDropSourceMembership
	optIPBlockSource
	optIPUnblockSource
	optIPMsFilter
	optIPMcastJoinGroup
	optIPMcastLeaveGroup
	optIPMcastJoinSourceGroup
	optIPMcastLeaveSourceGroup
	optIPMcastBlockSource
	optIPMcastUnblockSource
	optIPMcastMsFilter
	optIPv6MTU
	optIPv6MTUDiscover
	optIPv6RecvErr
	optIPv6RecvErrRFC4884
	optIPv6RecvOrigDstAddr
	optIPv6RecvFragSize
	optIPv6FlowInfo
	optIPv6FlowInfoSend
	optIPv6FlowLabelMgr
	optIPv6AddrPreferences
	optIPv6FreeBind
	optIPv6Transparent
	optIPv6UnicastIf
	optIPv6HdrIncl
	optIPv6RouterAlert
	optIPv6RouterAlertIsolate
	optIPv6AddrForm
	optIPv6MulticastAll
	optIPv6JoinAnycast
	optIPv6LeaveAnycast
	optIPv6McastJoinGroup
	optIPv6McastLeaveGroup
	optIPv6McastJoinSourceGroup
	optIPv6McastLeaveSourceGroup
	optIPv6McastBlockSource
	optIPv6McastUnblockSource
	optIPv6McastMsFilter
	optTCPCork
	optTCPWindowClamp
	optTCPUserTimeout
	optTCPSynCnt
	optTCPLinger2
	optTCPDeferAccept
	optTCPQuickAck
	optTCPInfo
	optTCPCCInfo
	optTCPThinLinearTimeouts
	optTCPThinDupAck
	optTCPFastOpenConnect
	optTCPFastOpenKey
	optTCPFastOpenNoCookie
	optTCPSaveSyn
	optTCPSavedSyn
	optTCPInq
	optTCPTxDelay
	optTCPZeroCopyReceive
	optTCPULP
	optTCPMD5Sig
	optTCPMD5SigExt
	optTCPAOAddKey
	optTCPAODelKey
	optTCPAOInfo
	optTCPAOGetKeys
	optTCPAORepair
	optTCPRepair
	optTCPRepairQueue
	optTCPQueueSeq
	optTCPRepairOptions
	optTCPRepairWindow
	optTCPTimestamp
	optTCPIsMPTCP
	optTCPRTOMaxMs
	optTCPRTOMinUs
	optTCPDelAckMaxUs
	optUDPCork
	optUDPEncap
	optUDPNoCheck6Tx
	optUDPNoCheck6Rx
	optUDPSegment
	optUDPGRO
	optUDPLiteSendCscov
	optUDPLiteRecvCscov
	optMPTCPInfo
	optMPTCPTCPInfo
	optMPTCPSubflowAddrs
	optMPTCPFullInfo
	optPacketAddMembership
	optPacketDropMembership
	optPacketStatistics
	optPacketCopyThresh
	optPacketAuxdata
	optPacketOrigDev
	optPacketVersion
	optPacketHdrlen
	optPacketReserve
	optPacketRxRing
	optPacketTxRing
	optPacketLoss
	optPacketVnetHdr
	optPacketVnetHdrSz
	optPacketTimestamp
	optPacketFanout
	optPacketTxHasOff
	optPacketQdiscBypass
	optPacketRolloverStats
	optPacketIgnoreOutgoing
	optNetlinkAddMembership
	optNetlinkDropMembership
	optNetlinkListMemberships
	optNetlinkPktInfo
	optNetlinkBroadcastError
	optNetlinkNoENOBUFS
	optNetlinkListenAllNsid
	optNetlinkCapAck
	optNetlinkExtAck
	optNetlinkGetStrictChk
	optVsockBufferSize
	optVsockBufferMinSize
	optVsockBufferMaxSize
	optVsockConnectTimeout
	optVsockConnectTimeoutNew
	optXDPUmemReg
	optXDPUmemFillRing
	optXDPUmemCompletionRing
	optXDPRxRing
	optXDPTxRing
	optXDPStatistics
	optXDPMmapOffsets
	optXDPOptions
	optICMPFilter
	optICMPv6Filter
)

// IP_MULTICAST_TTL and IP_MULTICAST_LOOP are one byte.
const (
	octetType = "u_char"
	octetSize = 1
)

var levelNames = []levelName{
	{unix.SOL_SOCKET, "SOL_SOCKET"},
	{unix.IPPROTO_IP, "SOL_IP"},
	{unix.IPPROTO_TCP, "SOL_TCP"},
	{unix.IPPROTO_UDP, "SOL_UDP"},
	{unix.IPPROTO_IPV6, "SOL_IPV6"},
	{unix.IPPROTO_ICMPV6, "SOL_ICMPV6"},
}

var moreOptionNames []optionName
