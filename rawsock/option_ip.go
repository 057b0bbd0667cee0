package rawsock

import (
	"golang.org/x/sys/unix"
)

// Options of IPv4, ip(7).
var (
	// IPTOS is the type-of-service byte of packets sent: DSCP and ECN.
	IPTOS = Option[int]{&OptionInfo{
		Name: "IP_TOS", Level: levelIP, Number: optIPTOS, Since: "1.0", Man: "ip(7)",
		Reads: "without the two ECN bits on a stream",
	}, &asInt}

	// IPTTL is the time to live of packets sent.
	IPTTL = Option[int]{&OptionInfo{Name: "IP_TTL", Level: levelIP, Number: optIPTTL, Since: "1.0", Man: "ip(7)", Reads: "-1 as net.ipv4.ip_default_ttl"}, &asInt}

	// IPHdrIncl says that packets written to a raw socket begin with their IP header.
	IPHdrIncl = Option[bool]{&OptionInfo{Name: "IP_HDRINCL", Level: levelIP, Number: optIPHdrIncl, Since: "2.0", Man: "ip(7)"}, &asBool}

	// IPOptions is the IP options of packets sent, at most 40 bytes.
	IPOptions = BytesOption{bytesRow{&OptionInfo{Name: "IP_OPTIONS", Level: levelIP, Number: optIPOptions, Since: "1.0", Man: "ip(7)"}, "IP options"}}

	// IPRouterAlert passes forwarded packets that carry Router Alert to this raw socket.
	IPRouterAlert = WriteOption[bool]{&OptionInfo{Name: "IP_ROUTER_ALERT", Level: levelIP, Number: optIPRouterAlert, Since: "2.2", Man: "ip(7)"}, &asBool}

	// IPRecvOpts delivers IP options as control message IP_RECVOPTS.
	IPRecvOpts = Option[bool]{&OptionInfo{Name: "IP_RECVOPTS", Level: levelIP, Number: optIPRecvOpts, Since: "2.2", Man: "ip(7)"}, &asBool}

	// IPRetOpts delivers IP options as they would be sent back, as control message IP_RETOPTS.
	IPRetOpts = Option[bool]{&OptionInfo{Name: "IP_RETOPTS", Level: levelIP, Number: optIPRetOpts, Since: "2.2", Man: "ip(7)"}, &asBool}

	// IPPktInfo delivers interface and addresses as control message IP_PKTINFO.
	IPPktInfo = Option[bool]{&OptionInfo{Name: "IP_PKTINFO", Level: levelIP, Number: optIPPktInfo, Since: "2.2", Man: "ip(7)"}, &asBool}

	// IPPktOptions is what a stream last received beside data, as control messages.
	IPPktOptions = ReadBytesOption{bytesRow{&OptionInfo{
		Name: "IP_PKTOPTIONS", Level: levelIP, Number: optIPPktOptions, Since: "2.2", Man: "linux/in.h",
	}, "control messages"}}

	// IPMTUDiscover is whether packets may be fragmented (IP_PMTUDISC_…).
	IPMTUDiscover = Option[int]{&OptionInfo{Name: "IP_MTU_DISCOVER", Level: levelIP, Number: optIPMTUDiscover, Since: "2.2", Man: "ip(7)"}, &asInt}

	// IPMTU is the path's largest packet; ENOTCONN without a connection.
	IPMTU = ReadOption[int]{&OptionInfo{Name: "IP_MTU", Level: levelIP, Number: optIPMTU, Since: "2.2", Man: "ip(7)"}, &asInt}

	// IPRecvErr queues ICMP errors for MSG_ERRQUEUE.
	IPRecvErr = Option[bool]{&OptionInfo{Name: "IP_RECVERR", Level: levelIP, Number: optIPRecvErr, Since: "2.2", Man: "ip(7)"}, &asBool}

	// IPRecvErrRFC4884 keeps RFC 4884 extensions of queued ICMP errors.
	IPRecvErrRFC4884 = Option[bool]{&OptionInfo{Name: "IP_RECVERR_RFC4884", Level: levelIP, Number: optIPRecvErrRFC4884, Since: "5.9", Man: "linux/in.h"}, &asBool}

	// IPRecvTTL delivers the time to live as control message IP_TTL.
	IPRecvTTL = Option[bool]{&OptionInfo{Name: "IP_RECVTTL", Level: levelIP, Number: optIPRecvTTL, Since: "2.2", Man: "ip(7)"}, &asBool}

	// IPRecvTOS delivers the type-of-service byte as control message IP_TOS.
	IPRecvTOS = Option[bool]{&OptionInfo{Name: "IP_RECVTOS", Level: levelIP, Number: optIPRecvTOS, Since: "2.2", Man: "ip(7)"}, &asBool}

	// IPRecvOrigDstAddr delivers the address a redirected datagram was sent to, as control message IP_ORIGDSTADDR.
	IPRecvOrigDstAddr = Option[bool]{&OptionInfo{Name: "IP_RECVORIGDSTADDR", Level: levelIP, Number: optIPRecvOrigDstAddr, Since: "2.6.29", Man: "ip(7)"}, &asBool}

	// IPRecvFragSize delivers the largest fragment's size as control message IP_RECVFRAGSIZE.
	IPRecvFragSize = Option[bool]{&OptionInfo{Name: "IP_RECVFRAGSIZE", Level: levelIP, Number: optIPRecvFragSize, Since: "4.10", Man: "linux/in.h"}, &asBool}

	// IPPassSec delivers the peer's security label as control message SCM_SECURITY.
	IPPassSec = Option[bool]{&OptionInfo{Name: "IP_PASSSEC", Level: levelIP, Number: optIPPassSec, Since: "2.6.17", Man: "ip(7)"}, &asBool}

	// IPChecksum delivers the packet's checksum as control message IP_CHECKSUM.
	IPChecksum = Option[bool]{&OptionInfo{Name: "IP_CHECKSUM", Level: levelIP, Number: optIPChecksum, Since: "4.0", Man: "linux/in.h"}, &asBool}

	// IPFreeBind lets bind take an address that is not, or not yet, local.
	IPFreeBind = Option[bool]{&OptionInfo{Name: "IP_FREEBIND", Level: levelIP, Number: optIPFreeBind, Since: "2.4", Man: "ip(7)"}, &asBool}

	// IPTransparent lets bind take any address and receive what is redirected here.
	IPTransparent = Option[bool]{&OptionInfo{
		Name: "IP_TRANSPARENT", Level: levelIP, Number: optIPTransparent, Since: "2.6.24", Man: "ip(7)",
		Cap: "CAP_NET_ADMIN to turn on", Denied: unix.EPERM,
	}, &asBool}

	// IPMinTTL drops packets whose time to live is smaller.
	IPMinTTL = Option[int]{&OptionInfo{Name: "IP_MINTTL", Level: levelIP, Number: optIPMinTTL, Since: "2.6.34", Man: "linux/in.h"}, &asInt}

	// IPNoDefrag leaves fragments written to a raw socket as they are.
	IPNoDefrag = Option[bool]{&OptionInfo{Name: "IP_NODEFRAG", Level: levelIP, Number: optIPNoDefrag, Since: "2.6.36", Man: "ip(7)"}, &asBool}

	// IPBindAddressNoPort leaves the choice of a port from bind to connect.
	IPBindAddressNoPort = Option[bool]{&OptionInfo{
		Name: "IP_BIND_ADDRESS_NO_PORT", Level: levelIP, Number: optIPBindAddressNoPort, Since: "4.2", Man: "ip(7)",
	}, &asBool}

	// IPLocalPortRange is the range that bind and connect choose ports from.
	IPLocalPortRange = Option[PortRange]{&OptionInfo{
		Name: "IP_LOCAL_PORT_RANGE", Level: levelIP, Number: optIPLocalPortRange, Since: "6.3", Man: "linux/in.h",
	}, &asPortRange}

	// IPProtocol is the protocol of a raw socket.
	IPProtocol = ReadOption[int]{&OptionInfo{Name: "IP_PROTOCOL", Level: levelIP, Number: optIPProtocol, Since: "6.4", Man: "linux/in.h"}, &asInt}

	// IPUnicastIf is the index of the interface that unicast leaves by.
	IPUnicastIf = Option[int]{&OptionInfo{Name: "IP_UNICAST_IF", Level: levelIP, Number: optIPUnicastIf, Since: "3.4", Man: "linux/in.h"}, &asIfindex}

	// IPMulticastIf is the interface that multicast leaves by.
	IPMulticastIf = Option[IPMreqn]{&OptionInfo{
		Name: "IP_MULTICAST_IF", Level: levelIP, Number: optIPMulticastIf, Since: "1.2", Man: "ip(7)",
		Reads: "the address only",
	}, &asMulticastIf}

	// IPMulticastTTL is the time to live of multicast sent.
	IPMulticastTTL = Option[int]{&OptionInfo{
		Name: "IP_MULTICAST_TTL", Level: levelIP, Number: optIPMulticastTTL, Since: "1.2", Man: "ip(7)",
		Reads: "-1 as 1",
	}, &asOctet}

	// IPMulticastLoop gives multicast sent back to this host.
	IPMulticastLoop = Option[bool]{&OptionInfo{Name: "IP_MULTICAST_LOOP", Level: levelIP, Number: optIPMulticastLoop, Since: "1.2", Man: "ip(7)"}, &asOctetBool}

	// IPMulticastAll takes datagrams of groups that other sockets joined, as is the rule.
	IPMulticastAll = Option[bool]{&OptionInfo{Name: "IP_MULTICAST_ALL", Level: levelIP, Number: optIPMulticastAll, Since: "2.6.31", Man: "ip(7)"}, &asBool}

	// IPAddMembership joins a group on an interface.
	IPAddMembership = WriteOption[IPMreqn]{&OptionInfo{
		Name: "IP_ADD_MEMBERSHIP", Level: levelIP, Number: optIPAddMembership, Since: "1.2", Man: "ip(7)",
	}, &asMreqn}

	// IPDropMembership leaves a group.
	IPDropMembership = WriteOption[IPMreqn]{&OptionInfo{
		Name: "IP_DROP_MEMBERSHIP", Level: levelIP, Number: optIPDropMembership, Since: "1.2", Man: "ip(7)",
	}, &asMreqn}

	// IPAddSourceMembership joins a group for one source.
	IPAddSourceMembership = WriteOption[IPMreqSource]{&OptionInfo{
		Name: "IP_ADD_SOURCE_MEMBERSHIP", Level: levelIP, Number: optIPAddSourceMembership, Since: "2.4.22", Man: "ip(7)",
	}, &asMreqSource}

	// IPDropSourceMembership leaves a group for one source.
	IPDropSourceMembership = WriteOption[IPMreqSource]{&OptionInfo{
		Name: "IP_DROP_SOURCE_MEMBERSHIP", Level: levelIP, Number: optIPDropSourceMembership, Since: "2.4.22", Man: "ip(7)",
	}, &asMreqSource}

	// IPBlockSource stops one source of a group that was joined.
	IPBlockSource = WriteOption[IPMreqSource]{&OptionInfo{
		Name: "IP_BLOCK_SOURCE", Level: levelIP, Number: optIPBlockSource, Since: "2.4.22", Man: "ip(7)",
	}, &asMreqSource}

	// IPUnblockSource takes back IP_BLOCK_SOURCE.
	IPUnblockSource = WriteOption[IPMreqSource]{&OptionInfo{
		Name: "IP_UNBLOCK_SOURCE", Level: levelIP, Number: optIPUnblockSource, Since: "2.4.22", Man: "ip(7)",
	}, &asMreqSource}

	// IPMsFilter is the list of sources of a group; to read it, begin the buffer with the group.
	IPMsFilter = BytesOption{bytesRow{&OptionInfo{
		Name: "IP_MSFILTER", Level: levelIP, Number: optIPMsFilter, Since: "2.4.22", Man: "ip(7)",
	}, "struct ip_msfilter"}}

	// IPMcastJoinGroup joins a group on an interface by index.
	IPMcastJoinGroup = WriteOption[GroupReq]{&OptionInfo{
		Name: "MCAST_JOIN_GROUP", Level: levelIP, Number: optIPMcastJoinGroup, Since: "2.4.22", Man: "RFC 3678",
	}, &asGroupReq}

	// IPMcastLeaveGroup leaves a group.
	IPMcastLeaveGroup = WriteOption[GroupReq]{&OptionInfo{
		Name: "MCAST_LEAVE_GROUP", Level: levelIP, Number: optIPMcastLeaveGroup, Since: "2.4.22", Man: "RFC 3678",
	}, &asGroupReq}

	// IPMcastJoinSourceGroup joins a group for one source.
	IPMcastJoinSourceGroup = WriteOption[GroupSourceReq]{&OptionInfo{
		Name: "MCAST_JOIN_SOURCE_GROUP", Level: levelIP, Number: optIPMcastJoinSourceGroup, Since: "2.4.22", Man: "RFC 3678",
	}, &asGroupSourceReq}

	// IPMcastLeaveSourceGroup leaves a group for one source.
	IPMcastLeaveSourceGroup = WriteOption[GroupSourceReq]{&OptionInfo{
		Name: "MCAST_LEAVE_SOURCE_GROUP", Level: levelIP, Number: optIPMcastLeaveSourceGroup, Since: "2.4.22", Man: "RFC 3678",
	}, &asGroupSourceReq}

	// IPMcastBlockSource stops one source of a group that was joined.
	IPMcastBlockSource = WriteOption[GroupSourceReq]{&OptionInfo{
		Name: "MCAST_BLOCK_SOURCE", Level: levelIP, Number: optIPMcastBlockSource, Since: "2.4.22", Man: "RFC 3678",
	}, &asGroupSourceReq}

	// IPMcastUnblockSource takes back MCAST_BLOCK_SOURCE.
	IPMcastUnblockSource = WriteOption[GroupSourceReq]{&OptionInfo{
		Name: "MCAST_UNBLOCK_SOURCE", Level: levelIP, Number: optIPMcastUnblockSource, Since: "2.4.22", Man: "RFC 3678",
	}, &asGroupSourceReq}

	// IPMcastMsFilter is the list of sources of a group; to read it, begin the buffer with the group.
	IPMcastMsFilter = BytesOption{bytesRow{&OptionInfo{
		Name: "MCAST_MSFILTER", Level: levelIP, Number: optIPMcastMsFilter, Since: "2.4.22", Man: "RFC 3678",
	}, "struct group_filter"}}
)

var ipRows = []option{
	IPTOS, IPTTL, IPHdrIncl, IPOptions, IPRouterAlert,
	IPRecvOpts, IPRetOpts, IPPktInfo, IPPktOptions, IPMTUDiscover,
	IPMTU, IPRecvErr, IPRecvErrRFC4884, IPRecvTTL, IPRecvTOS,
	IPRecvOrigDstAddr, IPRecvFragSize, IPPassSec, IPChecksum, IPFreeBind,
	IPTransparent, IPMinTTL, IPNoDefrag, IPBindAddressNoPort, IPLocalPortRange,
	IPProtocol, IPUnicastIf, IPMulticastIf, IPMulticastTTL, IPMulticastLoop,
	IPMulticastAll, IPAddMembership, IPDropMembership, IPAddSourceMembership, IPDropSourceMembership,
	IPBlockSource, IPUnblockSource, IPMsFilter, IPMcastJoinGroup, IPMcastLeaveGroup,
	IPMcastJoinSourceGroup, IPMcastLeaveSourceGroup, IPMcastBlockSource, IPMcastUnblockSource, IPMcastMsFilter,
}

// Options of raw sockets, raw(7).
var (
	// ICMPFilter is the ICMP types that a raw socket does not get, a bit each.
	ICMPFilter = Option[uint32]{&OptionInfo{Name: "ICMP_FILTER", Level: levelRaw, Number: optICMPFilter, Since: "2.2", Man: "raw(7)"}, &asUint32}
)

var icmpRows = []option{
	ICMPFilter,
}
