package rawsock

import (
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// Names of numbers, in the order in which strace prints the bits of several.

var errnoNames = [...]name{
	{int(unix.EOPNOTSUPP), "EOPNOTSUPP"}, // also ENOTSUP
	{int(unix.EUCLEAN), "EUCLEAN"},       // also EFSCORRUPTED
	{int(enotsupp), "ENOTSUPP"},
}

var msgFlagNames = [...]name{
	{unix.MSG_OOB, "MSG_OOB"},
	{unix.MSG_PEEK, "MSG_PEEK"},
	{unix.MSG_DONTROUTE, "MSG_DONTROUTE"},
	{unix.MSG_CTRUNC, "MSG_CTRUNC"},
	{0x10, "MSG_PROBE"}, // this and others below: the kernel's include/linux/socket.h
	{unix.MSG_TRUNC, "MSG_TRUNC"},
	{unix.MSG_DONTWAIT, "MSG_DONTWAIT"},
	{unix.MSG_EOR, "MSG_EOR"},
	{unix.MSG_WAITALL, "MSG_WAITALL"},
	{unix.MSG_FIN, "MSG_FIN"},
	{unix.MSG_SYN, "MSG_SYN"},
	{unix.MSG_CONFIRM, "MSG_CONFIRM"},
	{unix.MSG_RST, "MSG_RST"},
	{unix.MSG_ERRQUEUE, "MSG_ERRQUEUE"},
	{unix.MSG_NOSIGNAL, "MSG_NOSIGNAL"},
	{unix.MSG_MORE, "MSG_MORE"},
	{unix.MSG_WAITFORONE, "MSG_WAITFORONE"},
	{0x20000, "MSG_SENDPAGE_NOTLAST"},
	{unix.MSG_BATCH, "MSG_BATCH"},
	{0x80000, "MSG_NO_SHARED_FRAGS"},
	{unix.MSG_SOCK_DEVMEM, "MSG_SOCK_DEVMEM"},
	{unix.MSG_ZEROCOPY, "MSG_ZEROCOPY"},
	{unix.MSG_FASTOPEN, "MSG_FASTOPEN"},
	{unix.MSG_CMSG_CLOEXEC, "MSG_CMSG_CLOEXEC"},
	{-1 << 31, "MSG_CMSG_COMPAT"},
}

var epollFlagNames = [...]name{
	{unix.EPOLLIN, "EPOLLIN"},
	{unix.EPOLLPRI, "EPOLLPRI"},
	{unix.EPOLLOUT, "EPOLLOUT"},
	{unix.EPOLLERR, "EPOLLERR"},
	{unix.EPOLLHUP, "EPOLLHUP"},
	{unix.POLLNVAL, "EPOLLNVAL"},
	{unix.EPOLLRDNORM, "EPOLLRDNORM"},
	{unix.EPOLLRDBAND, "EPOLLRDBAND"},
	{unix.EPOLLWRNORM, "EPOLLWRNORM"},
	{unix.EPOLLWRBAND, "EPOLLWRBAND"},
	{unix.EPOLLMSG, "EPOLLMSG"},
	{unix.EPOLLRDHUP, "EPOLLRDHUP"},
	{unix.EPOLLEXCLUSIVE, "EPOLLEXCLUSIVE"},
	{unix.EPOLLWAKEUP, "EPOLLWAKEUP"},
	{unix.EPOLLONESHOT, "EPOLLONESHOT"},
	{-1 << 31, "EPOLLET"},
}

var epollCreateNames = [...]name{{unix.EPOLL_CLOEXEC, "EPOLL_CLOEXEC"}}

const epollCtlDel = unix.EPOLL_CTL_DEL

var epollOps = [...]name{
	{unix.EPOLL_CTL_ADD, "EPOLL_CTL_ADD"}, {unix.EPOLL_CTL_DEL, "EPOLL_CTL_DEL"}, {unix.EPOLL_CTL_MOD, "EPOLL_CTL_MOD"},
}

// There is no kqueue(2).
var keventFilters, keventFlags [0]name

// pollFlagNames: the rest of poll(2)'s bits are different on a few
// architectures.
var pollFlagNames = [...]name{
	{unix.POLLIN, "POLLIN"},
	{unix.POLLPRI, "POLLPRI"},
	{unix.POLLOUT, "POLLOUT"},
	{unix.POLLERR, "POLLERR"},
	{unix.POLLHUP, "POLLHUP"},
	{unix.POLLNVAL, "POLLNVAL"},
	{unix.EPOLLRDNORM, "POLLRDNORM"},
	{unix.EPOLLRDBAND, "POLLRDBAND"},
	{unix.EPOLLWRNORM, "POLLWRNORM"},
	{unix.EPOLLWRBAND, "POLLWRBAND"},
	{unix.EPOLLMSG, "POLLMSG"},
	{0x1000, "POLLREMOVE"},
	{unix.POLLRDHUP, "POLLRDHUP"},
	{0x8000, "POLL_BUSY_LOOP"},
}

var spliceFlagNames = [...]name{
	{unix.SPLICE_F_MOVE, "SPLICE_F_MOVE"},
	{unix.SPLICE_F_NONBLOCK, "SPLICE_F_NONBLOCK"},
	{unix.SPLICE_F_MORE, "SPLICE_F_MORE"},
	{unix.SPLICE_F_GIFT, "SPLICE_F_GIFT"},
}

var eventfdFlagNames = [...]name{
	{unix.EFD_SEMAPHORE, "EFD_SEMAPHORE"}, {unix.EFD_CLOEXEC, "EFD_CLOEXEC"}, {unix.EFD_NONBLOCK, "EFD_NONBLOCK"},
}

// O_SYNC includes O_DSYNC, O_TMPFILE includes O_DIRECTORY.
var openFlagNames = [...]name{
	{unix.O_CREAT, "O_CREAT"},
	{unix.O_EXCL, "O_EXCL"},
	{unix.O_NOCTTY, "O_NOCTTY"},
	{unix.O_TRUNC, "O_TRUNC"},
	{unix.O_APPEND, "O_APPEND"},
	{unix.O_NONBLOCK, "O_NONBLOCK"},
	{unix.O_SYNC, "O_SYNC"},
	{unix.O_DSYNC, "O_DSYNC"},
	{unix.O_DIRECT, "O_DIRECT"},
	{unix.O_LARGEFILE, "O_LARGEFILE"},
	{unix.O_NOFOLLOW, "O_NOFOLLOW"},
	{unix.O_NOATIME, "O_NOATIME"},
	{unix.O_CLOEXEC, "O_CLOEXEC"},
	{unix.O_PATH, "O_PATH"},
	{unix.O_TMPFILE, "O_TMPFILE"},
	{unix.O_DIRECTORY, "O_DIRECTORY"},
	{unix.O_ASYNC, "FASYNC"},
}

const atFdcwd = unix.AT_FDCWD

var atFlagNames = [...]name{
	{unix.AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"}, {unix.AT_REMOVEDIR, "AT_REMOVEDIR"},
}

var limitResources = [...]name{{unix.RLIMIT_NOFILE, "RLIMIT_NOFILE"}}

var fcntlCommands = [...]name{
	{unix.F_DUPFD, "F_DUPFD"},
	{unix.F_GETFD, "F_GETFD"},
	{unix.F_SETFD, "F_SETFD"},
	{unix.F_GETFL, "F_GETFL"},
	{unix.F_SETFL, "F_SETFL"},
	{unix.F_SETOWN, "F_SETOWN"},
	{unix.F_GETOWN, "F_GETOWN"},
	{unix.F_DUPFD_CLOEXEC, "F_DUPFD_CLOEXEC"},
	{unix.F_SETPIPE_SZ, "F_SETPIPE_SZ"},
	{unix.F_GETPIPE_SZ, "F_GETPIPE_SZ"},
}

const fGetPipeSize = unix.F_GETPIPE_SZ

// fcntlArg is the third argument of the commands that have no row of their own.
func (l *line) fcntlArg(i int) {
	if l.word(1) == unix.F_SETPIPE_SZ {
		argNumber(l, i)
		return
	}
	l.hex(uint64(l.arg(i).Word))
}

// FIONREAD and TIOCOUTQ are also SIOCINQ and SIOCOUTQ.
var ioctlRequests = [...]request{
	{sys.FIONBIO, "FIONBIO"},
	{unix.SIOCINQ, "FIONREAD"},
	{unix.SIOCOUTQ, "TIOCOUTQ"},
	{unix.SIOCOUTQNSD, "SIOCOUTQNSD"},
	{unix.SIOCATMARK, "SIOCATMARK"},
	{unix.SIOCGSTAMP_OLD, "SIOCGSTAMP_OLD"},
	{unix.SIOCGSTAMPNS_OLD, "SIOCGSTAMPNS_OLD"},
	{unix.SIOCGSTAMP_NEW, "SIOCGSTAMP_NEW"},
	{unix.SIOCGSTAMPNS_NEW, "SIOCGSTAMPNS_NEW"},
}

var etherTypes = [...]name{
	{unix.ETH_P_802_3, "ETH_P_802_3"},
	{unix.ETH_P_AX25, "ETH_P_AX25"},
	{unix.ETH_P_ALL, "ETH_P_ALL"},
	{unix.ETH_P_802_2, "ETH_P_802_2"},
	{unix.ETH_P_CAN, "ETH_P_CAN"},
	{unix.ETH_P_LOOP, "ETH_P_LOOP"},
	{unix.ETH_P_IP, "ETH_P_IP"},
	{unix.ETH_P_ARP, "ETH_P_ARP"},
	{unix.ETH_P_RARP, "ETH_P_RARP"},
	{unix.ETH_P_8021Q, "ETH_P_8021Q"},
	{unix.ETH_P_IPV6, "ETH_P_IPV6"},
	{unix.ETH_P_PAUSE, "ETH_P_PAUSE"},
	{unix.ETH_P_SLOW, "ETH_P_SLOW"},
	{unix.ETH_P_MPLS_UC, "ETH_P_MPLS_UC"},
	{unix.ETH_P_PPP_DISC, "ETH_P_PPP_DISC"},
	{unix.ETH_P_PPP_SES, "ETH_P_PPP_SES"},
	{unix.ETH_P_PAE, "ETH_P_PAE"},
	{unix.ETH_P_8021AD, "ETH_P_8021AD"},
	{unix.ETH_P_LLDP, "ETH_P_LLDP"},
	{unix.ETH_P_1588, "ETH_P_1588"},
	{unix.ETH_P_LOOPBACK, "ETH_P_LOOPBACK"},
}

var hardwareTypes = [...]name{
	{unix.ARPHRD_NETROM, "ARPHRD_NETROM"},
	{unix.ARPHRD_ETHER, "ARPHRD_ETHER"},
	{unix.ARPHRD_INFINIBAND, "ARPHRD_INFINIBAND"},
	{unix.ARPHRD_CAN, "ARPHRD_CAN"},
	{unix.ARPHRD_PPP, "ARPHRD_PPP"},
	{unix.ARPHRD_TUNNEL, "ARPHRD_TUNNEL"},
	{unix.ARPHRD_TUNNEL6, "ARPHRD_TUNNEL6"},
	{unix.ARPHRD_LOOPBACK, "ARPHRD_LOOPBACK"},
	{unix.ARPHRD_SIT, "ARPHRD_SIT"},
	{unix.ARPHRD_IPGRE, "ARPHRD_IPGRE"},
	{unix.ARPHRD_NETLINK, "ARPHRD_NETLINK"},
	{unix.ARPHRD_VSOCKMON, "ARPHRD_VSOCKMON"},
	{unix.ARPHRD_VOID, "ARPHRD_VOID"},
	{unix.ARPHRD_NONE, "ARPHRD_NONE"},
}

var packetTypes = [...]name{
	{unix.PACKET_HOST, "PACKET_HOST"},
	{unix.PACKET_BROADCAST, "PACKET_BROADCAST"},
	{unix.PACKET_MULTICAST, "PACKET_MULTICAST"},
	{unix.PACKET_OTHERHOST, "PACKET_OTHERHOST"},
	{unix.PACKET_OUTGOING, "PACKET_OUTGOING"},
	{unix.PACKET_LOOPBACK, "PACKET_LOOPBACK"},
	{unix.PACKET_USER, "PACKET_USER"},
	{unix.PACKET_KERNEL, "PACKET_KERNEL"},
}

var packetMreqTypes = [...]name{
	{unix.PACKET_MR_MULTICAST, "PACKET_MR_MULTICAST"},
	{unix.PACKET_MR_PROMISC, "PACKET_MR_PROMISC"},
	{unix.PACKET_MR_ALLMULTI, "PACKET_MR_ALLMULTI"},
	{unix.PACKET_MR_UNICAST, "PACKET_MR_UNICAST"},
}

// VMADDR_CID_ANY and VMADDR_PORT_ANY are all ones, and so is QRTR_NODE_BCAST.
var (
	vsockCIDs = [...]name{
		{unix.VMADDR_CID_HYPERVISOR, "VMADDR_CID_HYPERVISOR"},
		{unix.VMADDR_CID_LOCAL, "VMADDR_CID_LOCAL"},
		{unix.VMADDR_CID_HOST, "VMADDR_CID_HOST"},
		{-1, "VMADDR_CID_ANY"},
	}
	vsockPorts     = [...]name{{-1, "VMADDR_PORT_ANY"}}
	vsockFlagNames = [...]name{{unix.VMADDR_FLAG_TO_HOST, "VMADDR_FLAG_TO_HOST"}}
	qrtrNodes      = [...]name{{-1, "QRTR_NODE_BCAST"}}
	qrtrPorts      = [...]name{{-2, "QRTR_PORT_CTRL"}}
)

var algFlagNames = [...]name{{cryptoDriverOnly, "CRYPTO_ALG_KERN_DRIVER_ONLY"}}

const cryptoDriverOnly = 0x1000 // the kernel's include/linux/crypto.h

var xdpFlagNames = [...]name{
	{unix.XDP_SHARED_UMEM, "XDP_SHARED_UMEM"},
	{unix.XDP_COPY, "XDP_COPY"},
	{unix.XDP_ZEROCOPY, "XDP_ZEROCOPY"},
	{unix.XDP_USE_NEED_WAKEUP, "XDP_USE_NEED_WAKEUP"},
}

var netlinkProtocols = [...]name{
	{unix.NETLINK_ROUTE, "NETLINK_ROUTE"},
	{unix.NETLINK_USERSOCK, "NETLINK_USERSOCK"},
	{unix.NETLINK_FIREWALL, "NETLINK_FIREWALL"},
	{unix.NETLINK_SOCK_DIAG, "NETLINK_SOCK_DIAG"},
	{unix.NETLINK_NFLOG, "NETLINK_NFLOG"},
	{unix.NETLINK_XFRM, "NETLINK_XFRM"},
	{unix.NETLINK_SELINUX, "NETLINK_SELINUX"},
	{unix.NETLINK_ISCSI, "NETLINK_ISCSI"},
	{unix.NETLINK_AUDIT, "NETLINK_AUDIT"},
	{unix.NETLINK_FIB_LOOKUP, "NETLINK_FIB_LOOKUP"},
	{unix.NETLINK_CONNECTOR, "NETLINK_CONNECTOR"},
	{unix.NETLINK_NETFILTER, "NETLINK_NETFILTER"},
	{unix.NETLINK_IP6_FW, "NETLINK_IP6_FW"},
	{unix.NETLINK_DNRTMSG, "NETLINK_DNRTMSG"},
	{unix.NETLINK_KOBJECT_UEVENT, "NETLINK_KOBJECT_UEVENT"},
	{unix.NETLINK_GENERIC, "NETLINK_GENERIC"},
	{unix.NETLINK_SCSITRANSPORT, "NETLINK_SCSITRANSPORT"},
	{unix.NETLINK_ECRYPTFS, "NETLINK_ECRYPTFS"},
	{unix.NETLINK_RDMA, "NETLINK_RDMA"},
	{unix.NETLINK_CRYPTO, "NETLINK_CRYPTO"},
	{unix.NETLINK_SMC, "NETLINK_SMC"},
}

var canProtocols = [...]name{
	{unix.CAN_RAW, "CAN_RAW"},
	{unix.CAN_BCM, "CAN_BCM"},
	{unix.CAN_TP16, "CAN_TP16"},
	{unix.CAN_TP20, "CAN_TP20"},
	{unix.CAN_MCNET, "CAN_MCNET"},
	{unix.CAN_ISOTP, "CAN_ISOTP"},
	{unix.CAN_J1939, "CAN_J1939"},
}

var bluetoothProtocols = [...]name{
	{unix.BTPROTO_L2CAP, "BTPROTO_L2CAP"},
	{unix.BTPROTO_HCI, "BTPROTO_HCI"},
	{unix.BTPROTO_SCO, "BTPROTO_SCO"},
	{unix.BTPROTO_RFCOMM, "BTPROTO_RFCOMM"},
	{unix.BTPROTO_BNEP, "BTPROTO_BNEP"},
	{unix.BTPROTO_CMTP, "BTPROTO_CMTP"},
	{unix.BTPROTO_HIDP, "BTPROTO_HIDP"},
	{unix.BTPROTO_AVDTP, "BTPROTO_AVDTP"},
}

// icmpTypes are those of <linux/icmp.h>.
var icmpTypes = [...]name{
	{0, "ICMP_ECHOREPLY"},
	{3, "ICMP_DEST_UNREACH"},
	{4, "ICMP_SOURCE_QUENCH"},
	{5, "ICMP_REDIRECT"},
	{8, "ICMP_ECHO"},
	{11, "ICMP_TIME_EXCEEDED"},
	{12, "ICMP_PARAMETERPROB"},
	{13, "ICMP_TIMESTAMP"},
	{14, "ICMP_TIMESTAMPREPLY"},
	{15, "ICMP_INFO_REQUEST"},
	{16, "ICMP_INFO_REPLY"},
	{17, "ICMP_ADDRESS"},
	{18, "ICMP_ADDRESSREPLY"},
}
