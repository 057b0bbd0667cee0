package rawsock

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// Iface says which interface of this host a multicast call means: the one with
// that Index; or, for IPv4, the one that has the address Addr; or, as the zero
// Iface, the one to which the routing table sends the group. Index wins.
type Iface struct {
	Index int
	Addr  netip.Addr
}

// IfaceByName is the interface with that name, by its index. It asks the kernel
// for a list of all interfaces.
//
// ENODEV (wrapped, with the name): there is none.
func IfaceByName(name string) (Iface, error) {
	index, err := indexOfName(name)
	return Iface{Index: index}, err
}

// JoinGroup joins a group on one interface, for datagrams of any source, by
// IP_ADD_MEMBERSHIP or IPV6_JOIN_GROUP. It is the interface that joins. On Linux
// every socket that is bound to the group or the wildcard address gets what
// arrives for it, whoever joined, unless its IP_MULTICAST_ALL or
// IPV6_MULTICAST_ALL is 0. Close leaves all groups.
//
// Like its relatives below it is one setsockopt(2) and does not allocate. Their
// errors are the kernel's: EINVAL for a group that is not a multicast address;
// ENODEV for an interface that does not exist, or for none given and no route to
// the group; EADDRINUSE for a second join of one socket; EADDRNOTAVAIL for leaving
// what was not joined; ENOBUFS beyond net.ipv4.igmp_max_memberships or
// igmp_max_msf; ENOPROTOOPT for an IPv6 group on an IPv4 socket (the other way
// round is allowed). EINVAL comes without a call for what the option cannot hold:
// a zone (on says it), a source or an on.Addr of another family than the group,
// an on.Addr for an IPv6 group, an on.Index that fits no C int.
func (fd FD) JoinGroup(group netip.Addr, on Iface) error {
	return fd.membership(group, on, IPAddMembership, IPv6JoinGroup)
}

// LeaveGroup undoes JoinGroup, and all of JoinSourceGroup for this group, by
// IP_DROP_MEMBERSHIP or IPV6_LEAVE_GROUP.
func (fd FD) LeaveGroup(group netip.Addr, on Iface) error {
	return fd.membership(group, on, IPDropMembership, IPv6LeaveGroup)
}

// JoinSourceGroup joins a group for the datagrams of one source, once for each
// that is wanted, by MCAST_JOIN_SOURCE_GROUP, or IP_ADD_SOURCE_MEMBERSHIP if on is
// an address. A group that was joined for any source narrows to this one. EINVAL:
// it was, and sources have been blocked. errors.ErrUnsupported: not Linux.
func (fd FD) JoinSourceGroup(group, source netip.Addr, on Iface) error {
	return fd.source(group, source, on, IPAddSourceMembership, IPMcastJoinSourceGroup, IPv6McastJoinSourceGroup)
}

// LeaveSourceGroup undoes JoinSourceGroup for one source, and leaves the group
// with the last, by MCAST_LEAVE_SOURCE_GROUP or IP_DROP_SOURCE_MEMBERSHIP.
func (fd FD) LeaveSourceGroup(group, source netip.Addr, on Iface) error {
	return fd.source(group, source, on, IPDropSourceMembership, IPMcastLeaveSourceGroup, IPv6McastLeaveSourceGroup)
}

// BlockSource keeps out the datagrams of one source to a group that was joined
// for any, by MCAST_BLOCK_SOURCE or IP_BLOCK_SOURCE. EADDRNOTAVAIL: it is blocked
// already. EINVAL: the group was not joined, or for single sources.
func (fd FD) BlockSource(group, source netip.Addr, on Iface) error {
	return fd.source(group, source, on, IPBlockSource, IPMcastBlockSource, IPv6McastBlockSource)
}

// UnblockSource undoes BlockSource, by MCAST_UNBLOCK_SOURCE or IP_UNBLOCK_SOURCE.
func (fd FD) UnblockSource(group, source netip.Addr, on Iface) error {
	return fd.source(group, source, on, IPUnblockSource, IPMcastUnblockSource, IPv6McastUnblockSource)
}

func (fd FD) membership(group netip.Addr, on Iface, v4 WriteOption[IPMreqn], v6 WriteOption[IPv6Mreq]) error {
	if !on.fits(group) {
		return unix.EINVAL
	}
	if group.Is4() {
		return v4.Set(fd, IPMreqn{Multiaddr: group.As4(), Address: on.address(), Ifindex: int32(on.Index)})
	}
	return v6.Set(fd, IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(on.Index)})
}

func (fd FD) source(group, source netip.Addr, on Iface, byAddr WriteOption[IPMreqSource], v4, v6 WriteOption[GroupSourceReq]) error {
	if !on.fits(group) || !on.fits(source) || source.Is4() != group.Is4() {
		return unix.EINVAL
	}
	if on.byAddr() {
		return byAddr.Set(fd, IPMreqSource{Multiaddr: group.As4(), Interface: on.address(), Sourceaddr: source.As4()})
	}
	req := GroupSourceReq{Interface: uint32(on.Index), Group: withoutPort(group), Source: withoutPort(source)}
	if group.Is4() {
		return v4.Set(fd, req)
	}
	return v6.Set(fd, req)
}

// fits reports whether an option can hold both the interface and addr.
func (i Iface) fits(addr netip.Addr) bool {
	if int(int32(i.Index)) != i.Index {
		return false
	}
	if addr.Is4() {
		return !i.Addr.IsValid() || i.Addr.Is4()
	}
	return addr.Is6() && addr.Zone() == "" && !i.Addr.IsValid()
}

func (i Iface) byAddr() bool { return i.Index == 0 && i.Addr.IsValid() }

func (i Iface) address() [4]byte {
	if !i.Addr.IsValid() {
		return [4]byte{}
	}
	return i.Addr.As4()
}

func withoutPort(addr netip.Addr) Sockaddr {
	if addr.Is4() {
		return SockaddrInet4(addr.As4(), 0)
	}
	return SockaddrInet6(addr.As16(), 0, 0, 0)
}
