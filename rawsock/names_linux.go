package rawsock

import "golang.org/x/sys/unix"

// What <bits/socket.h> and <linux/in.h> name beyond the rows that every platform
// has.

// sockTypeMask is SOCK_TYPE_MASK of the kernel's include/linux/net.h.
const sockTypeMask = 0xf

var families = [...]name{
	{unix.AF_AX25, "AF_AX25"},
	{unix.AF_NETROM, "AF_NETROM"},
	{unix.AF_BRIDGE, "AF_BRIDGE"},
	{unix.AF_ATMPVC, "AF_ATMPVC"},
	{unix.AF_X25, "AF_X25"},
	{unix.AF_ROSE, "AF_ROSE"},
	{unix.AF_NETBEUI, "AF_NETBEUI"},
	{unix.AF_SECURITY, "AF_SECURITY"},
	{unix.AF_KEY, "AF_KEY"},
	{unix.AF_NETLINK, "AF_NETLINK"},
	{unix.AF_PACKET, "AF_PACKET"},
	{unix.AF_ASH, "AF_ASH"},
	{unix.AF_ECONET, "AF_ECONET"},
	{unix.AF_ATMSVC, "AF_ATMSVC"},
	{unix.AF_RDS, "AF_RDS"},
	{unix.AF_IRDA, "AF_IRDA"},
	{unix.AF_PPPOX, "AF_PPPOX"},
	{unix.AF_WANPIPE, "AF_WANPIPE"},
	{unix.AF_LLC, "AF_LLC"},
	{unix.AF_IB, "AF_IB"},
	{unix.AF_MPLS, "AF_MPLS"},
	{unix.AF_CAN, "AF_CAN"},
	{unix.AF_TIPC, "AF_TIPC"},
	{unix.AF_BLUETOOTH, "AF_BLUETOOTH"},
	{unix.AF_IUCV, "AF_IUCV"},
	{unix.AF_RXRPC, "AF_RXRPC"},
	{unix.AF_PHONET, "AF_PHONET"},
	{unix.AF_IEEE802154, "AF_IEEE802154"},
	{unix.AF_CAIF, "AF_CAIF"},
	{unix.AF_ALG, "AF_ALG"},
	{unix.AF_NFC, "AF_NFC"},
	{unix.AF_VSOCK, "AF_VSOCK"},
	{unix.AF_KCM, "AF_KCM"},
	{unix.AF_QIPCRTR, "AF_QIPCRTR"},
	{unix.AF_SMC, "AF_SMC"},
	{unix.AF_XDP, "AF_XDP"},
	{unix.AF_MCTP, "AF_MCTP"},
}

var types = [...]name{
	{unix.SOCK_DCCP, "SOCK_DCCP"},
	{unix.SOCK_PACKET, "SOCK_PACKET"},
}

// In the order in which strace prints them.
var typeFlags = [...]name{
	{unix.SOCK_CLOEXEC, "SOCK_CLOEXEC"},
	{unix.SOCK_NONBLOCK, "SOCK_NONBLOCK"},
}

var protos = [...]name{
	{unix.IPPROTO_DCCP, "IPPROTO_DCCP"},
	{unix.IPPROTO_MTP, "IPPROTO_MTP"},
	{unix.IPPROTO_BEETPH, "IPPROTO_BEETPH"},
	{unix.IPPROTO_COMP, "IPPROTO_COMP"},
	{unix.IPPROTO_L2TP, "IPPROTO_L2TP"},
	{unix.IPPROTO_SCTP, "IPPROTO_SCTP"},
	{unix.IPPROTO_MH, "IPPROTO_MH"},
	{unix.IPPROTO_UDPLITE, "IPPROTO_UDPLITE"},
	{unix.IPPROTO_MPLS, "IPPROTO_MPLS"},
	{unix.IPPROTO_ETHERNET, "IPPROTO_ETHERNET"},
	{unix.IPPROTO_AGGFRAG, "IPPROTO_AGGFRAG"},
	{unix.IPPROTO_SMC, "IPPROTO_SMC"},
	{unix.IPPROTO_MPTCP, "IPPROTO_MPTCP"},
}
