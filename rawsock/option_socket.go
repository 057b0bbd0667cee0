package rawsock

import (
	"time"

	"golang.org/x/sys/unix"
)

// Options of every socket, socket(7) and unix(7).
var (
	// SODebug turns on debugging.
	SODebug = Option[bool]{&OptionInfo{
		Name: "SO_DEBUG", Level: levelSocket, Number: optSODebug, Since: "1.0", Man: "socket(7)",
		Cap: "CAP_NET_ADMIN", Denied: unix.EACCES,
	}, &asBool}

	// SOReuseAddr lets bind take an address that connections in TIME_WAIT or other sockets with the option still use; no other socket may listen on it.
	SOReuseAddr = Option[bool]{&OptionInfo{Name: "SO_REUSEADDR", Level: levelSocket, Number: optSOReuseAddr, Since: "1.0", Man: "socket(7)"}, &asBool}

	// SOReusePort lets sockets of one user bind the same address and port, and spreads connections and datagrams over them.
	// On Linux a UDP socket that has it and binds to port 0 can be given the port of another group of the same user
	// (udp_lib_lport_inuse): take a port with a socket that does not have it.
	SOReusePort = Option[bool]{&OptionInfo{Name: "SO_REUSEPORT", Level: levelSocket, Number: optSOReusePort, Since: "3.9", Man: "socket(7)"}, &asBool}

	// SOType is the type of the socket (SOCK_STREAM, …).
	SOType = ReadOption[int]{&OptionInfo{Name: "SO_TYPE", Level: levelSocket, Number: optSOType, Since: "1.0", Man: "socket(7)"}, &asInt}

	// SODomain is the family of the socket (AF_INET, …).
	SODomain = ReadOption[int]{&OptionInfo{Name: "SO_DOMAIN", Level: levelSocket, Number: optSODomain, Since: "2.6.32", Man: "socket(7)"}, &asInt}

	// SOProtocol is the protocol of the socket (IPPROTO_TCP, …).
	SOProtocol = ReadOption[int]{&OptionInfo{Name: "SO_PROTOCOL", Level: levelSocket, Number: optSOProtocol, Since: "2.6.32", Man: "socket(7)"}, &asInt}

	// SOError takes the pending error of the socket, 0 for none.
	SOError = ReadOption[unix.Errno]{&OptionInfo{Name: "SO_ERROR", Level: levelSocket, Number: optSOError, Since: "1.0", Man: "socket(7)"}, &asErrno}

	// SOAcceptConn tells whether the socket listens.
	SOAcceptConn = ReadOption[bool]{&OptionInfo{Name: "SO_ACCEPTCONN", Level: levelSocket, Number: optSOAcceptConn, Since: "2.4", Man: "socket(7)"}, &asBool}

	// SODontRoute sends only to hosts that are directly connected.
	SODontRoute = Option[bool]{&OptionInfo{Name: "SO_DONTROUTE", Level: levelSocket, Number: optSODontRoute, Since: "1.0", Man: "socket(7)"}, &asBool}

	// SOBroadcast allows datagrams to broadcast addresses.
	SOBroadcast = Option[bool]{&OptionInfo{Name: "SO_BROADCAST", Level: levelSocket, Number: optSOBroadcast, Since: "1.0", Man: "socket(7)"}, &asBool}

	// SOKeepAlive probes the peer of an idle connection.
	SOKeepAlive = Option[bool]{&OptionInfo{Name: "SO_KEEPALIVE", Level: levelSocket, Number: optSOKeepAlive, Since: "1.0", Man: "socket(7)"}, &asBool}

	// SOOOBInline leaves urgent data in the stream.
	SOOOBInline = Option[bool]{&OptionInfo{Name: "SO_OOBINLINE", Level: levelSocket, Number: optSOOOBInline, Since: "1.0", Man: "socket(7)"}, &asBool}

	// SOLinger makes close wait for unsent data, or with no seconds reset the connection.
	SOLinger = Option[Linger]{&OptionInfo{Name: "SO_LINGER", Level: levelSocket, Number: optSOLinger, Since: "1.0", Man: "socket(7)"}, &asLinger}

	// SOSndBuf is the most memory for data to send.
	SOSndBuf = Option[int]{&OptionInfo{
		Name: "SO_SNDBUF", Level: levelSocket, Number: optSOSndBuf, Since: "1.0", Man: "socket(7)",
		Reads: "twice the value, which counts up to net.core.wmem_max and no less than 4608 is read",
	}, &asInt}

	// SORcvBuf is the most memory for data received.
	SORcvBuf = Option[int]{&OptionInfo{
		Name: "SO_RCVBUF", Level: levelSocket, Number: optSORcvBuf, Since: "1.0", Man: "socket(7)",
		Reads: "twice the value, which counts up to net.core.rmem_max and no less than 2304 is read",
	}, &asInt}

	// SOSndBufForce is SO_SNDBUF without its limit.
	SOSndBufForce = WriteOption[int]{&OptionInfo{
		Name: "SO_SNDBUFFORCE", Level: levelSocket, Number: optSOSndBufForce, Since: "2.6.14", Man: "socket(7)",
		Cap: "CAP_NET_ADMIN", Denied: unix.EPERM,
		Reads: "as SO_SNDBUF, beyond net.core.wmem_max",
	}, &asInt}

	// SORcvBufForce is SO_RCVBUF without its limit.
	SORcvBufForce = WriteOption[int]{&OptionInfo{
		Name: "SO_RCVBUFFORCE", Level: levelSocket, Number: optSORcvBufForce, Since: "2.6.14", Man: "socket(7)",
		Cap: "CAP_NET_ADMIN", Denied: unix.EPERM,
		Reads: "as SO_RCVBUF, beyond net.core.rmem_max",
	}, &asInt}

	// SOBufLock says which buffer sizes were set by hand (SOCK_SNDBUF_LOCK, SOCK_RCVBUF_LOCK) and so are not tuned.
	SOBufLock = Option[uint32]{&OptionInfo{Name: "SO_BUF_LOCK", Level: levelSocket, Number: optSOBufLock, Since: "5.15", Man: "asm-generic/socket.h"}, &asUint32}

	// SOReserveMem is memory set aside for the socket.
	SOReserveMem = Option[int]{&OptionInfo{
		Name: "SO_RESERVE_MEM", Level: levelSocket, Number: optSOReserveMem, Since: "5.16", Man: "asm-generic/socket.h",
		Needs: "a memory cgroup", Lacks: unix.EOPNOTSUPP,
		Reads: "rounded up to pages",
	}, &asInt}

	// SORcvLowat is how many bytes make the socket readable.
	SORcvLowat = Option[int]{&OptionInfo{Name: "SO_RCVLOWAT", Level: levelSocket, Number: optSORcvLowat, Since: "1.0", Man: "socket(7)", Reads: "0 as 1"}, &asInt}

	// SOSndLowat is 1: Linux lets nobody change it.
	SOSndLowat = ReadOption[int]{&OptionInfo{Name: "SO_SNDLOWAT", Level: levelSocket, Number: optSOSndLowat, Since: "1.0", Man: "socket(7)"}, &asInt}

	// SORcvTimeo ends calls that sleep for input with EAGAIN; 0 is never.
	SORcvTimeo = Option[time.Duration]{&OptionInfo{
		Name: "SO_RCVTIMEO", Level: levelSocket, Number: optSORcvTimeo, Since: "2.4", Man: "socket(7)",
		Reads: "rounded up to the kernel's clock tick",
	}, &asTimeval}

	// SOSndTimeo ends calls that sleep for room with EAGAIN, connect with EINPROGRESS; 0 is never.
	SOSndTimeo = Option[time.Duration]{&OptionInfo{
		Name: "SO_SNDTIMEO", Level: levelSocket, Number: optSOSndTimeo, Since: "2.4", Man: "socket(7)",
		Reads: "rounded up to the kernel's clock tick",
	}, &asTimeval}

	// SORcvTimeoNew is SO_RCVTIMEO with 64 bits of seconds on every machine.
	SORcvTimeoNew = Option[time.Duration]{&OptionInfo{
		Name: "SO_RCVTIMEO_NEW", Level: levelSocket, Number: optSORcvTimeoNew, Since: "5.1", Man: "asm-generic/socket.h",
		Reads: "rounded up to the kernel's clock tick",
	}, &asTimeval64}

	// SOSndTimeoNew is SO_SNDTIMEO with 64 bits of seconds on every machine.
	SOSndTimeoNew = Option[time.Duration]{&OptionInfo{
		Name: "SO_SNDTIMEO_NEW", Level: levelSocket, Number: optSOSndTimeoNew, Since: "5.1", Man: "asm-generic/socket.h",
		Reads: "rounded up to the kernel's clock tick",
	}, &asTimeval64}

	// SOBindToDevice takes and sends packets of the named interface only; "" undoes that.
	SOBindToDevice = Option[string]{&OptionInfo{
		Name: "SO_BINDTODEVICE", Level: levelSocket, Number: optSOBindToDevice, Since: "2.0.30", Man: "socket(7)",
		Cap: "CAP_NET_RAW to undo", Denied: unix.EPERM,
	}, &asDevice}

	// SOBindToIfindex is SO_BINDTODEVICE by index.
	SOBindToIfindex = Option[int]{&OptionInfo{
		Name: "SO_BINDTOIFINDEX", Level: levelSocket, Number: optSOBindToIfindex, Since: "5.1", Man: "asm-generic/socket.h",
		Cap: "CAP_NET_RAW to undo", Denied: unix.EPERM,
	}, &asInt}

	// SOPriority is the queueing priority of what is sent.
	SOPriority = Option[int]{&OptionInfo{
		Name: "SO_PRIORITY", Level: levelSocket, Number: optSOPriority, Since: "1.0", Man: "socket(7)",
		Cap: "CAP_NET_ADMIN beyond 6", Denied: unix.EPERM,
	}, &asInt}

	// SOMark marks packets for routing rules and filters.
	SOMark = Option[uint32]{&OptionInfo{
		Name: "SO_MARK", Level: levelSocket, Number: optSOMark, Since: "2.6.25", Man: "socket(7)",
		Cap: "CAP_NET_ADMIN", Denied: unix.EPERM,
	}, &asUint32}

	// SORcvMark delivers the packet's mark as control message SO_MARK.
	SORcvMark = Option[bool]{&OptionInfo{
		Name: "SO_RCVMARK", Level: levelSocket, Number: optSORcvMark, Since: "5.19", Man: "asm-generic/socket.h",
		Cap: "CAP_NET_ADMIN in older kernels", Denied: unix.EPERM,
	}, &asBool}

	// SORcvPriority delivers the packet's priority as control message SO_PRIORITY.
	SORcvPriority = Option[bool]{&OptionInfo{
		Name: "SO_RCVPRIORITY", Level: levelSocket, Number: optSORcvPriority, Since: "6.14", Man: "asm-generic/socket.h",
	}, &asBool}

	// SONoCheck sends UDP datagrams over IPv4 without a checksum.
	SONoCheck = Option[bool]{&OptionInfo{Name: "SO_NO_CHECK", Level: levelSocket, Number: optSONoCheck, Since: "1.0", Man: "asm-generic/socket.h"}, &asBool}

	// SOPassCred delivers the sender's credentials as control message SCM_CREDENTIALS.
	SOPassCred = Option[bool]{&OptionInfo{Name: "SO_PASSCRED", Level: levelSocket, Number: optSOPassCred, Since: "2.2", Man: "socket(7)"}, &asBool}

	// SOPassSec delivers the sender's security label as control message SCM_SECURITY.
	SOPassSec = Option[bool]{&OptionInfo{
		Name: "SO_PASSSEC", Level: levelSocket, Number: optSOPassSec, Since: "2.6.18", Man: "socket(7)",
		Needs: "CONFIG_SECURITY_NETWORK", Lacks: unix.EOPNOTSUPP,
	}, &asBool}

	// SOPassPidfd delivers a descriptor of the sending process as control message SCM_PIDFD.
	SOPassPidfd = Option[bool]{&OptionInfo{Name: "SO_PASSPIDFD", Level: levelSocket, Number: optSOPassPidfd, Since: "6.5", Man: "asm-generic/socket.h"}, &asBool}

	// SOPassRights allows SCM_RIGHTS to arrive, as is the rule; off, the sender gets EPERM.
	SOPassRights = Option[bool]{&OptionInfo{
		Name: "SO_PASSRIGHTS", Level: levelSocket, Number: optSOPassRights, Since: "6.16", Man: "asm-generic/socket.h",
	}, &asBool}

	// SOInq delivers how many bytes are left to read as control message SCM_INQ.
	SOInq = WriteOption[bool]{&OptionInfo{Name: "SO_INQ", Level: levelSocket, Number: optSOInq, Since: "6.17", Man: "asm-generic/socket.h"}, &asBool}

	// SOPeerCred is who connected, listened or made the pair of a unix socket.
	SOPeerCred = ReadOption[Ucred]{&OptionInfo{Name: "SO_PEERCRED", Level: levelSocket, Number: optSOPeerCred, Since: "2.2", Man: "socket(7)"}, &asUcred}

	// SOPeerGroups is the supplementary groups of the peer, a gid_t each; ERANGE when the buffer is too small.
	SOPeerGroups = ReadBytesOption{bytesRow{&OptionInfo{
		Name: "SO_PEERGROUPS", Level: levelSocket, Number: optSOPeerGroups, Since: "4.13", Man: "asm-generic/socket.h",
	}, "uint32"}}

	// SOPeerPidfd is a new descriptor of the peer's process, close-on-exec, owned by the caller.
	SOPeerPidfd = ReadOption[FD]{&OptionInfo{Name: "SO_PEERPIDFD", Level: levelSocket, Number: optSOPeerPidfd, Since: "6.5", Man: "asm-generic/socket.h"}, &asFD}

	// SOPeerSec is the security label of the peer; ERANGE when the buffer is too small.
	SOPeerSec = ReadBytesOption{bytesRow{&OptionInfo{
		Name: "SO_PEERSEC", Level: levelSocket, Number: optSOPeerSec, Since: "2.6.2", Man: "socket(7)",
		Needs: "a security module", Lacks: unix.ENOPROTOOPT,
	}, "char"}}

	// SOTimestamp delivers when a packet came, as control message SCM_TIMESTAMP in µs.
	SOTimestamp = Option[bool]{&OptionInfo{Name: "SO_TIMESTAMP", Level: levelSocket, Number: optSOTimestamp, Since: "2.0", Man: "socket(7)"}, &asBool}

	// SOTimestampNS delivers when a packet came, as control message SCM_TIMESTAMPNS in ns.
	SOTimestampNS = Option[bool]{&OptionInfo{Name: "SO_TIMESTAMPNS", Level: levelSocket, Number: optSOTimestampNS, Since: "2.6.22", Man: "socket(7)"}, &asBool}

	// SOTimestampNew is SO_TIMESTAMP with 64 bits of seconds on every machine.
	SOTimestampNew = Option[bool]{&OptionInfo{
		Name: "SO_TIMESTAMP_NEW", Level: levelSocket, Number: optSOTimestampNew, Since: "5.1", Man: "Documentation/networking/timestamping.rst",
	}, &asBool}

	// SOTimestampNSNew is SO_TIMESTAMPNS with 64 bits of seconds on every machine.
	SOTimestampNSNew = Option[bool]{&OptionInfo{
		Name: "SO_TIMESTAMPNS_NEW", Level: levelSocket, Number: optSOTimestampNSNew, Since: "5.1", Man: "Documentation/networking/timestamping.rst",
	}, &asBool}

	// SOTimestamping asks for timestamps of packets received and sent (SOF_TIMESTAMPING_…).
	SOTimestamping = Option[Timestamping]{&OptionInfo{
		Name: "SO_TIMESTAMPING", Level: levelSocket, Number: optSOTimestamping, Since: "2.6.30", Man: "Documentation/networking/timestamping.rst",
	}, &asTimestamping}

	// SOTimestampingNew is SO_TIMESTAMPING with 64 bits of seconds on every machine.
	SOTimestampingNew = Option[Timestamping]{&OptionInfo{
		Name: "SO_TIMESTAMPING_NEW", Level: levelSocket, Number: optSOTimestampingNew, Since: "5.1", Man: "Documentation/networking/timestamping.rst",
	}, &asTimestamping}

	// SOTxTime lets SCM_TXTIME say when a packet is to leave.
	SOTxTime = Option[TxTime]{&OptionInfo{
		Name: "SO_TXTIME", Level: levelSocket, Number: optSOTxTime, Since: "4.19", Man: "asm-generic/socket.h",
		Cap: "CAP_NET_ADMIN for clocks other than CLOCK_MONOTONIC", Denied: unix.EPERM,
	}, &asTxTime}

	// SORxqOvfl delivers how many packets were dropped, as control message SO_RXQ_OVFL.
	SORxqOvfl = Option[bool]{&OptionInfo{Name: "SO_RXQ_OVFL", Level: levelSocket, Number: optSORxqOvfl, Since: "2.6.33", Man: "socket(7)"}, &asBool}

	// SOWifiStatus delivers whether a wireless frame was acknowledged.
	SOWifiStatus = Option[bool]{&OptionInfo{
		Name: "SO_WIFI_STATUS", Level: levelSocket, Number: optSOWifiStatus, Since: "3.3", Man: "asm-generic/socket.h",
	}, &asBool}

	// SOPeekOff is where MSG_PEEK reads next; -1 is always at the front.
	SOPeekOff = Option[int]{&OptionInfo{Name: "SO_PEEK_OFF", Level: levelSocket, Number: optSOPeekOff, Since: "3.4", Man: "socket(7)"}, &asInt}

	// SONoFCS lets the sender of a frame give its checksum.
	SONoFCS = Option[bool]{&OptionInfo{Name: "SO_NOFCS", Level: levelSocket, Number: optSONoFCS, Since: "3.4", Man: "asm-generic/socket.h"}, &asBool}

	// SOLockFilter forbids to change the attached filter, for ever.
	SOLockFilter = Option[bool]{&OptionInfo{Name: "SO_LOCK_FILTER", Level: levelSocket, Number: optSOLockFilter, Since: "3.9", Man: "socket(7)"}, &asBool}

	// SOSelectErrQueue makes an error queue that is not empty raise POLLPRI.
	SOSelectErrQueue = Option[bool]{&OptionInfo{
		Name: "SO_SELECT_ERR_QUEUE", Level: levelSocket, Number: optSOSelectErrQueue, Since: "3.10", Man: "socket(7)",
	}, &asBool}

	// SOBusyPoll is how long a read polls the network card before it sleeps.
	SOBusyPoll = Option[time.Duration]{&OptionInfo{
		Name: "SO_BUSY_POLL", Level: levelSocket, Number: optSOBusyPoll, Since: "3.11", Man: "socket(7)",
		Cap: "CAP_NET_ADMIN to raise, in older kernels", Denied: unix.EPERM,
		Needs: "CONFIG_NET_RX_BUSY_POLL", Lacks: unix.ENOPROTOOPT,
	}, &asMicroseconds}

	// SOPreferBusyPoll leaves interrupts off while the application polls.
	SOPreferBusyPoll = Option[bool]{&OptionInfo{
		Name: "SO_PREFER_BUSY_POLL", Level: levelSocket, Number: optSOPreferBusyPoll, Since: "5.11", Man: "Documentation/networking/napi.rst",
		Cap: "CAP_NET_ADMIN to turn on", Denied: unix.EPERM,
		Needs: "CONFIG_NET_RX_BUSY_POLL", Lacks: unix.ENOPROTOOPT,
	}, &asBool}

	// SOBusyPollBudget is how many packets one busy poll takes.
	SOBusyPollBudget = Option[int]{&OptionInfo{
		Name: "SO_BUSY_POLL_BUDGET", Level: levelSocket, Number: optSOBusyPollBudget, Since: "5.11", Man: "Documentation/networking/napi.rst",
		Cap: "CAP_NET_ADMIN to raise", Denied: unix.EPERM,
		Needs: "CONFIG_NET_RX_BUSY_POLL", Lacks: unix.ENOPROTOOPT,
	}, &asInt}

	// SOMaxPacingRate is the most bytes a second that the socket sends; all ones is no limit.
	SOMaxPacingRate = Option[uint64]{&OptionInfo{
		Name: "SO_MAX_PACING_RATE", Level: levelSocket, Number: optSOMaxPacingRate, Since: "3.13", Man: "asm-generic/socket.h",
	}, &asRate}

	// SOBPFExtensions is how many ancillary loads (SKF_AD_…) the kernel's classic BPF has.
	SOBPFExtensions = ReadOption[int]{&OptionInfo{
		Name: "SO_BPF_EXTENSIONS", Level: levelSocket, Number: optSOBPFExtensions, Since: "3.14", Man: "asm-generic/socket.h",
	}, &asInt}

	// SOIncomingCPU is the CPU that last took a packet in; set, a SO_REUSEPORT group prefers the socket for that CPU.
	SOIncomingCPU = Option[int]{&OptionInfo{Name: "SO_INCOMING_CPU", Level: levelSocket, Number: optSOIncomingCPU, Since: "3.19", Man: "socket(7)"}, &asInt}

	// SOIncomingNapiID is the receive queue of the last packet, 0 where the device has none.
	SOIncomingNapiID = ReadOption[uint32]{&OptionInfo{
		Name: "SO_INCOMING_NAPI_ID", Level: levelSocket, Number: optSOIncomingNapiID, Since: "4.12", Man: "socket(7)",
		Needs: "CONFIG_NET_RX_BUSY_POLL", Lacks: unix.ENOPROTOOPT,
	}, &asUint32}

	// SOCnxAdvice 1 asks IPv6 to look for another route because the connection stalls.
	SOCnxAdvice = WriteOption[int]{&OptionInfo{
		Name: "SO_CNX_ADVICE", Level: levelSocket, Number: optSOCnxAdvice, Since: "4.6", Man: "asm-generic/socket.h",
	}, &asInt}

	// SOMemInfo is how much memory the socket uses.
	SOMemInfo = ReadOption[MemInfo]{&OptionInfo{
		Name: "SO_MEMINFO", Level: levelSocket, Number: optSOMemInfo, Since: "4.12", Man: "asm-generic/socket.h",
	}, &asMemInfo}

	// SOCookie is a number that the socket has to itself.
	SOCookie = ReadOption[uint64]{&OptionInfo{Name: "SO_COOKIE", Level: levelSocket, Number: optSOCookie, Since: "4.12", Man: "asm-generic/socket.h"}, &asUint64}

	// SONetnsCookie is a number that the socket's network namespace has to itself.
	SONetnsCookie = ReadOption[uint64]{&OptionInfo{
		Name: "SO_NETNS_COOKIE", Level: levelSocket, Number: optSONetnsCookie, Since: "5.14", Man: "asm-generic/socket.h",
	}, &asUint64}

	// SOZeroCopy allows MSG_ZEROCOPY.
	SOZeroCopy = Option[bool]{&OptionInfo{
		Name: "SO_ZEROCOPY", Level: levelSocket, Number: optSOZeroCopy, Since: "4.14", Man: "Documentation/networking/msg_zerocopy.rst",
	}, &asBool}

	// SOTxRehash lets TCP pick another path after timeouts (SOCK_TXREHASH_…).
	SOTxRehash = Option[int]{&OptionInfo{
		Name: "SO_TXREHASH", Level: levelSocket, Number: optSOTxRehash, Since: "5.18", Man: "asm-generic/socket.h",
		Reads: "-1 as the default of net.core.txrehash",
	}, &asInt}
)

var socketRows = []option{
	SODebug, SOReuseAddr, SOReusePort, SOType, SODomain,
	SOProtocol, SOError, SOAcceptConn, SODontRoute, SOBroadcast,
	SOKeepAlive, SOOOBInline, SOLinger, SOSndBuf, SORcvBuf,
	SOSndBufForce, SORcvBufForce, SOBufLock, SOReserveMem, SORcvLowat,
	SOSndLowat, SORcvTimeo, SOSndTimeo, SORcvTimeoNew, SOSndTimeoNew,
	SOBindToDevice, SOBindToIfindex, SOPriority, SOMark, SORcvMark,
	SORcvPriority, SONoCheck, SOPassCred, SOPassSec, SOPassPidfd,
	SOPassRights, SOInq, SOPeerCred, SOPeerGroups, SOPeerPidfd,
	SOPeerSec, SOTimestamp, SOTimestampNS, SOTimestampNew, SOTimestampNSNew,
	SOTimestamping, SOTimestampingNew, SOTxTime, SORxqOvfl, SOWifiStatus,
	SOPeekOff, SONoFCS, SOLockFilter, SOSelectErrQueue, SOBusyPoll,
	SOPreferBusyPoll, SOBusyPollBudget, SOMaxPacingRate, SOBPFExtensions, SOIncomingCPU,
	SOIncomingNapiID, SOCnxAdvice, SOMemInfo, SOCookie, SONetnsCookie,
	SOZeroCopy, SOTxRehash,
}
