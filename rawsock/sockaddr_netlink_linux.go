package rawsock

import "golang.org/x/sys/unix"

const (
	netlinkPad    = 2
	netlinkPid    = 4
	netlinkGroups = 8
)

// SockaddrNetlink makes a struct sockaddr_nl (netlink(7)). pid is the port of a
// socket, 0 for the kernel or, to bind, for one that the kernel chooses; groups
// is a mask of multicast groups.
func SockaddrNetlink(pid, groups uint32) Sockaddr {
	sa := newSockaddr(unix.AF_NETLINK, unix.SizeofSockaddrNetlink)
	sa.put32(netlinkPid, pid)
	sa.put32(netlinkGroups, groups)
	return sa
}

// Netlink returns the fields of a struct sockaddr_nl; ok is false for any other
// address and for one that is too short.
func (sa Sockaddr) Netlink() (pid, groups uint32, ok bool) {
	if !sa.is(unix.AF_NETLINK, unix.SizeofSockaddrNetlink) {
		return 0, 0, false
	}
	return sa.get32(netlinkPid), sa.get32(netlinkGroups), true
}
