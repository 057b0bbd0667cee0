package rawsock

import (
	"golang.org/x/sys/unix"
)

// Options of IPv6, ipv6(7).
var (
	// IPv6V6Only keeps IPv4 away from an inet6 socket; before bind.
	IPv6V6Only = Option[bool]{&OptionInfo{Name: "IPV6_V6ONLY", Level: levelIPv6, Number: optIPv6V6Only, Since: "2.4.21", Man: "ipv6(7)"}, &asBool}

	// IPv6UnicastHops is the hop limit of packets sent.
	IPv6UnicastHops = Option[int]{&OptionInfo{
		Name: "IPV6_UNICAST_HOPS", Level: levelIPv6, Number: optIPv6UnicastHops, Since: "2.2", Man: "ipv6(7)",
		Reads: "-1 as the route's hop limit",
	}, &asInt}

	// IPv6TClass is the traffic class of packets sent: DSCP and ECN.
	IPv6TClass = Option[int]{&OptionInfo{
		Name: "IPV6_TCLASS", Level: levelIPv6, Number: optIPv6TClass, Since: "2.6.14", Man: "RFC 3542",
		Reads: "-1 as 0, and without the two ECN bits on a stream",
	}, &asInt}

	// IPv6MTU is the largest packet that is not fragmented; to read it without a connection is ENOTCONN.
	IPv6MTU = Option[int]{&OptionInfo{
		Name: "IPV6_MTU", Level: levelIPv6, Number: optIPv6MTU, Since: "2.2", Man: "ipv6(7)",
		Reads: "the path's MTU of a connection",
	}, &asInt}

	// IPv6MTUDiscover is whether packets may be fragmented (IPV6_PMTUDISC_…).
	IPv6MTUDiscover = Option[int]{&OptionInfo{Name: "IPV6_MTU_DISCOVER", Level: levelIPv6, Number: optIPv6MTUDiscover, Since: "2.2", Man: "ipv6(7)"}, &asInt}

	// IPv6PathMTU is the path's MTU; ENOTCONN without a connection.
	IPv6PathMTU = ReadOption[int]{&OptionInfo{Name: "IPV6_PATHMTU", Level: levelIPv6, Number: optIPv6PathMTU, Since: "2.6.35", Man: "RFC 3542"}, &asPathMTU}

	// IPv6DontFrag refuses packets that would need fragments.
	IPv6DontFrag = Option[bool]{&OptionInfo{Name: "IPV6_DONTFRAG", Level: levelIPv6, Number: optIPv6DontFrag, Since: "2.6.35", Man: "RFC 3542"}, &asBool}

	// IPv6RecvErr queues ICMPv6 errors for MSG_ERRQUEUE.
	IPv6RecvErr = Option[bool]{&OptionInfo{Name: "IPV6_RECVERR", Level: levelIPv6, Number: optIPv6RecvErr, Since: "2.2", Man: "ipv6(7)"}, &asBool}

	// IPv6RecvErrRFC4884 keeps RFC 4884 extensions of queued ICMPv6 errors.
	IPv6RecvErrRFC4884 = Option[bool]{&OptionInfo{
		Name: "IPV6_RECVERR_RFC4884", Level: levelIPv6, Number: optIPv6RecvErrRFC4884, Since: "5.9", Man: "linux/in6.h",
	}, &asBool}

	// IPv6RecvPktInfo delivers interface and address as control message IPV6_PKTINFO.
	IPv6RecvPktInfo = Option[bool]{&OptionInfo{Name: "IPV6_RECVPKTINFO", Level: levelIPv6, Number: optIPv6RecvPktInfo, Since: "2.6.14", Man: "ipv6(7)"}, &asBool}

	// IPv6RecvHopLimit delivers the hop limit as control message IPV6_HOPLIMIT.
	IPv6RecvHopLimit = Option[bool]{&OptionInfo{
		Name: "IPV6_RECVHOPLIMIT", Level: levelIPv6, Number: optIPv6RecvHopLimit, Since: "2.6.14", Man: "RFC 3542",
	}, &asBool}

	// IPv6RecvTClass delivers the traffic class as control message IPV6_TCLASS.
	IPv6RecvTClass = Option[bool]{&OptionInfo{Name: "IPV6_RECVTCLASS", Level: levelIPv6, Number: optIPv6RecvTClass, Since: "2.6.14", Man: "RFC 3542"}, &asBool}

	// IPv6RecvHopOpts delivers hop-by-hop options as control message IPV6_HOPOPTS.
	IPv6RecvHopOpts = Option[bool]{&OptionInfo{Name: "IPV6_RECVHOPOPTS", Level: levelIPv6, Number: optIPv6RecvHopOpts, Since: "2.6.14", Man: "RFC 3542"}, &asBool}

	// IPv6RecvDstOpts delivers destination options as control message IPV6_DSTOPTS.
	IPv6RecvDstOpts = Option[bool]{&OptionInfo{Name: "IPV6_RECVDSTOPTS", Level: levelIPv6, Number: optIPv6RecvDstOpts, Since: "2.6.14", Man: "RFC 3542"}, &asBool}

	// IPv6RecvRthdr delivers the routing header as control message IPV6_RTHDR.
	IPv6RecvRthdr = Option[bool]{&OptionInfo{Name: "IPV6_RECVRTHDR", Level: levelIPv6, Number: optIPv6RecvRthdr, Since: "2.6.14", Man: "RFC 3542"}, &asBool}

	// IPv6RecvPathMTU delivers changes of the path's MTU as control message IPV6_PATHMTU.
	IPv6RecvPathMTU = Option[bool]{&OptionInfo{Name: "IPV6_RECVPATHMTU", Level: levelIPv6, Number: optIPv6RecvPathMTU, Since: "2.6.35", Man: "RFC 3542"}, &asBool}

	// IPv6RecvOrigDstAddr delivers the address a redirected datagram was sent to, as control message IPV6_ORIGDSTADDR.
	IPv6RecvOrigDstAddr = Option[bool]{&OptionInfo{
		Name: "IPV6_RECVORIGDSTADDR", Level: levelIPv6, Number: optIPv6RecvOrigDstAddr, Since: "2.6.37", Man: "linux/in6.h",
	}, &asBool}

	// IPv6RecvFragSize delivers the largest fragment's size as control message IPV6_RECVFRAGSIZE.
	IPv6RecvFragSize = Option[bool]{&OptionInfo{
		Name: "IPV6_RECVFRAGSIZE", Level: levelIPv6, Number: optIPv6RecvFragSize, Since: "4.10", Man: "linux/in6.h",
	}, &asBool}

	// IPv6PktInfo is the interface of packets sent; the address in it is taken and not used.
	IPv6PktInfo = WriteOption[Pktinfo6]{&OptionInfo{Name: "IPV6_PKTINFO", Level: levelIPv6, Number: optIPv6PktInfo, Since: "2.6.14", Man: "RFC 3542"}, &asPktinfo6}

	// IPv6HopOpts is the hop-by-hop options of packets sent.
	IPv6HopOpts = BytesOption{bytesRow{&OptionInfo{
		Name: "IPV6_HOPOPTS", Level: levelIPv6, Number: optIPv6HopOpts, Since: "2.6.14", Man: "RFC 3542",
		Cap: "CAP_NET_RAW some", Denied: unix.EPERM,
	}, "struct ip6_hbh"}}

	// IPv6DstOpts is the destination options of packets sent.
	IPv6DstOpts = BytesOption{bytesRow{&OptionInfo{
		Name: "IPV6_DSTOPTS", Level: levelIPv6, Number: optIPv6DstOpts, Since: "2.6.14", Man: "RFC 3542",
		Cap: "CAP_NET_RAW some", Denied: unix.EPERM,
	}, "struct ip6_dest"}}

	// IPv6RthdrDstOpts is the destination options before a routing header.
	IPv6RthdrDstOpts = BytesOption{bytesRow{&OptionInfo{
		Name: "IPV6_RTHDRDSTOPTS", Level: levelIPv6, Number: optIPv6RthdrDstOpts, Since: "2.6.14", Man: "RFC 3542",
		Cap: "CAP_NET_RAW some", Denied: unix.EPERM,
	}, "struct ip6_dest"}}

	// IPv6Rthdr is the routing header of packets sent.
	IPv6Rthdr = BytesOption{bytesRow{&OptionInfo{
		Name: "IPV6_RTHDR", Level: levelIPv6, Number: optIPv6Rthdr, Since: "2.6.14", Man: "RFC 3542",
	}, "struct ip6_rthdr"}}

	// IPv6FlowInfo delivers traffic class and flow label as control message IPV6_FLOWINFO.
	IPv6FlowInfo = Option[bool]{&OptionInfo{Name: "IPV6_FLOWINFO", Level: levelIPv6, Number: optIPv6FlowInfo, Since: "2.2", Man: "ipv6(7)"}, &asBool}

	// IPv6FlowInfoSend takes traffic class and flow label from the address that is sent or connected to.
	IPv6FlowInfoSend = Option[bool]{&OptionInfo{
		Name: "IPV6_FLOWINFO_SEND", Level: levelIPv6, Number: optIPv6FlowInfoSend, Since: "2.2", Man: "linux/in6.h",
	}, &asBool}

	// IPv6FlowLabelMgr leases, renews and gives back a flow label; a label of 0 is chosen by the kernel and not told.
	IPv6FlowLabelMgr = WriteOption[FlowLabelReq]{&OptionInfo{
		Name: "IPV6_FLOWLABEL_MGR", Level: levelIPv6, Number: optIPv6FlowLabelMgr, Since: "2.2", Man: "linux/in6.h",
	}, &asFlowLabelReq}

	// IPv6AutoFlowLabel computes a flow label for packets that have none.
	IPv6AutoFlowLabel = Option[bool]{&OptionInfo{
		Name: "IPV6_AUTOFLOWLABEL", Level: levelIPv6, Number: optIPv6AutoFlowLabel, Since: "3.17", Man: "linux/in6.h",
	}, &asBool}

	// IPv6AddrPreferences is which source addresses are preferred (RFC 5014).
	IPv6AddrPreferences = Option[int]{&OptionInfo{
		Name: "IPV6_ADDR_PREFERENCES", Level: levelIPv6, Number: optIPv6AddrPreferences, Since: "2.6.26", Man: "RFC 5014",
		Reads: "with IPV6_PREFER_SRC_HOME unless IPV6_PREFER_SRC_COA was set, and without the bits for CGA",
	}, &asInt}

	// IPv6MinHopCount drops packets whose hop limit is smaller.
	IPv6MinHopCount = Option[int]{&OptionInfo{Name: "IPV6_MINHOPCOUNT", Level: levelIPv6, Number: optIPv6MinHopCount, Since: "2.6.35", Man: "RFC 5082"}, &asInt}

	// IPv6FreeBind lets bind take an address that is not, or not yet, local.
	IPv6FreeBind = Option[bool]{&OptionInfo{Name: "IPV6_FREEBIND", Level: levelIPv6, Number: optIPv6FreeBind, Since: "4.15", Man: "linux/in6.h"}, &asBool}

	// IPv6Transparent lets bind take any address and receive what is redirected here.
	IPv6Transparent = Option[bool]{&OptionInfo{
		Name: "IPV6_TRANSPARENT", Level: levelIPv6, Number: optIPv6Transparent, Since: "2.6.37", Man: "linux/in6.h",
		Cap: "CAP_NET_ADMIN to turn on", Denied: unix.EPERM,
	}, &asBool}

	// IPv6UnicastIf is the index of the interface that unicast leaves by.
	IPv6UnicastIf = Option[int]{&OptionInfo{Name: "IPV6_UNICAST_IF", Level: levelIPv6, Number: optIPv6UnicastIf, Since: "3.4", Man: "linux/in6.h"}, &asIfindex}

	// IPv6HdrIncl says that packets written to a raw socket begin with their IPv6 header.
	IPv6HdrIncl = Option[bool]{&OptionInfo{Name: "IPV6_HDRINCL", Level: levelIPv6, Number: optIPv6HdrIncl, Since: "4.5", Man: "linux/in6.h"}, &asBool}

	// IPv6Checksum is where a raw socket puts its checksum; -1 is nowhere.
	IPv6Checksum = Option[int]{&OptionInfo{Name: "IPV6_CHECKSUM", Level: levelIPv6, Number: optIPv6Checksum, Since: "2.2", Man: "RFC 3542"}, &asInt}

	// IPv6RouterAlert passes forwarded packets with this Router Alert value to a raw socket; -1 ends that.
	IPv6RouterAlert = Option[int]{&OptionInfo{Name: "IPV6_ROUTER_ALERT", Level: levelIPv6, Number: optIPv6RouterAlert, Since: "2.2", Man: "ipv6(7)"}, &asInt}

	// IPv6RouterAlertIsolate limits IPV6_ROUTER_ALERT to the socket's own network namespace.
	IPv6RouterAlertIsolate = Option[bool]{&OptionInfo{
		Name: "IPV6_ROUTER_ALERT_ISOLATE", Level: levelIPv6, Number: optIPv6RouterAlertIsolate, Since: "5.1", Man: "linux/in6.h",
	}, &asBool}

	// IPv6AddrForm turns an inet6 socket that is connected over IPv4 into one of AF_INET.
	IPv6AddrForm = WriteOption[int]{&OptionInfo{Name: "IPV6_ADDRFORM", Level: levelIPv6, Number: optIPv6AddrForm, Since: "2.2", Man: "ipv6(7)"}, &asInt}

	// IPv6MulticastIf is the index of the interface that multicast leaves by.
	IPv6MulticastIf = Option[int]{&OptionInfo{Name: "IPV6_MULTICAST_IF", Level: levelIPv6, Number: optIPv6MulticastIf, Since: "2.2", Man: "ipv6(7)"}, &asInt}

	// IPv6MulticastHops is the hop limit of multicast sent.
	IPv6MulticastHops = Option[int]{&OptionInfo{
		Name: "IPV6_MULTICAST_HOPS", Level: levelIPv6, Number: optIPv6MulticastHops, Since: "2.2", Man: "ipv6(7)",
		Reads: "-1 as 1",
	}, &asInt}

	// IPv6MulticastLoop gives multicast sent back to this host.
	IPv6MulticastLoop = Option[bool]{&OptionInfo{
		Name: "IPV6_MULTICAST_LOOP", Level: levelIPv6, Number: optIPv6MulticastLoop, Since: "2.2", Man: "ipv6(7)",
	}, &asBool}

	// IPv6MulticastAll takes datagrams of groups that other sockets joined, as is the rule.
	IPv6MulticastAll = Option[bool]{&OptionInfo{
		Name: "IPV6_MULTICAST_ALL", Level: levelIPv6, Number: optIPv6MulticastAll, Since: "4.20", Man: "linux/in6.h",
	}, &asBool}

	// IPv6JoinGroup joins a group on an interface.
	IPv6JoinGroup = WriteOption[IPv6Mreq]{&OptionInfo{
		Name: "IPV6_JOIN_GROUP", Level: levelIPv6, Number: optIPv6JoinGroup, Since: "2.2", Man: "ipv6(7)",
	}, &asIPv6Mreq}

	// IPv6LeaveGroup leaves a group.
	IPv6LeaveGroup = WriteOption[IPv6Mreq]{&OptionInfo{
		Name: "IPV6_LEAVE_GROUP", Level: levelIPv6, Number: optIPv6LeaveGroup, Since: "2.2", Man: "ipv6(7)",
	}, &asIPv6Mreq}

	// IPv6JoinAnycast answers for an anycast address.
	IPv6JoinAnycast = WriteOption[IPv6Mreq]{&OptionInfo{
		Name: "IPV6_JOIN_ANYCAST", Level: levelIPv6, Number: optIPv6JoinAnycast, Since: "2.2", Man: "linux/in6.h",
		Cap: "CAP_NET_ADMIN", Denied: unix.EPERM,
	}, &asIPv6Mreq}

	// IPv6LeaveAnycast takes back IPV6_JOIN_ANYCAST.
	IPv6LeaveAnycast = WriteOption[IPv6Mreq]{&OptionInfo{
		Name: "IPV6_LEAVE_ANYCAST", Level: levelIPv6, Number: optIPv6LeaveAnycast, Since: "2.2", Man: "linux/in6.h",
	}, &asIPv6Mreq}

	// IPv6McastJoinGroup joins a group on an interface by index.
	IPv6McastJoinGroup = WriteOption[GroupReq]{&OptionInfo{
		Name: "MCAST_JOIN_GROUP", Level: levelIPv6, Number: optIPv6McastJoinGroup, Since: "2.4.22", Man: "RFC 3678",
	}, &asGroupReq}

	// IPv6McastLeaveGroup leaves a group.
	IPv6McastLeaveGroup = WriteOption[GroupReq]{&OptionInfo{
		Name: "MCAST_LEAVE_GROUP", Level: levelIPv6, Number: optIPv6McastLeaveGroup, Since: "2.4.22", Man: "RFC 3678",
	}, &asGroupReq}

	// IPv6McastJoinSourceGroup joins a group for one source.
	IPv6McastJoinSourceGroup = WriteOption[GroupSourceReq]{&OptionInfo{
		Name: "MCAST_JOIN_SOURCE_GROUP", Level: levelIPv6, Number: optIPv6McastJoinSourceGroup, Since: "2.4.22", Man: "RFC 3678",
	}, &asGroupSourceReq}

	// IPv6McastLeaveSourceGroup leaves a group for one source.
	IPv6McastLeaveSourceGroup = WriteOption[GroupSourceReq]{&OptionInfo{
		Name: "MCAST_LEAVE_SOURCE_GROUP", Level: levelIPv6, Number: optIPv6McastLeaveSourceGroup, Since: "2.4.22", Man: "RFC 3678",
	}, &asGroupSourceReq}

	// IPv6McastBlockSource stops one source of a group that was joined.
	IPv6McastBlockSource = WriteOption[GroupSourceReq]{&OptionInfo{
		Name: "MCAST_BLOCK_SOURCE", Level: levelIPv6, Number: optIPv6McastBlockSource, Since: "2.4.22", Man: "RFC 3678",
	}, &asGroupSourceReq}

	// IPv6McastUnblockSource takes back MCAST_BLOCK_SOURCE.
	IPv6McastUnblockSource = WriteOption[GroupSourceReq]{&OptionInfo{
		Name: "MCAST_UNBLOCK_SOURCE", Level: levelIPv6, Number: optIPv6McastUnblockSource, Since: "2.4.22", Man: "RFC 3678",
	}, &asGroupSourceReq}

	// IPv6McastMsFilter is the list of sources of a group; to read it, begin the buffer with the group.
	IPv6McastMsFilter = BytesOption{bytesRow{&OptionInfo{
		Name: "MCAST_MSFILTER", Level: levelIPv6, Number: optIPv6McastMsFilter, Since: "2.4.22", Man: "RFC 3678",
	}, "struct group_filter"}}
)

var ip6Rows = []option{
	IPv6V6Only, IPv6UnicastHops, IPv6TClass, IPv6MTU, IPv6MTUDiscover,
	IPv6PathMTU, IPv6DontFrag, IPv6RecvErr, IPv6RecvErrRFC4884, IPv6RecvPktInfo,
	IPv6RecvHopLimit, IPv6RecvTClass, IPv6RecvHopOpts, IPv6RecvDstOpts, IPv6RecvRthdr,
	IPv6RecvPathMTU, IPv6RecvOrigDstAddr, IPv6RecvFragSize, IPv6PktInfo, IPv6HopOpts,
	IPv6DstOpts, IPv6RthdrDstOpts, IPv6Rthdr, IPv6FlowInfo, IPv6FlowInfoSend,
	IPv6FlowLabelMgr, IPv6AutoFlowLabel, IPv6AddrPreferences, IPv6MinHopCount, IPv6FreeBind,
	IPv6Transparent, IPv6UnicastIf, IPv6HdrIncl, IPv6Checksum, IPv6RouterAlert,
	IPv6RouterAlertIsolate, IPv6AddrForm, IPv6MulticastIf, IPv6MulticastHops, IPv6MulticastLoop,
	IPv6MulticastAll, IPv6JoinGroup, IPv6LeaveGroup, IPv6JoinAnycast, IPv6LeaveAnycast,
	IPv6McastJoinGroup, IPv6McastLeaveGroup, IPv6McastJoinSourceGroup, IPv6McastLeaveSourceGroup, IPv6McastBlockSource,
	IPv6McastUnblockSource, IPv6McastMsFilter,
}

// Options of raw ICMPv6 sockets, RFC 3542.
var (
	// ICMPv6Filter is the ICMPv6 types that a raw socket does not get, a bit each.
	ICMPv6Filter = Option[ICMPv6FilterMask]{&OptionInfo{
		Name: "ICMPV6_FILTER", Level: levelICMPv6, Number: optICMPv6Filter, Since: "2.2", Man: "RFC 3542",
	}, &asICMPv6Filter}
)

var icmp6Rows = []option{
	ICMPv6Filter,
}
