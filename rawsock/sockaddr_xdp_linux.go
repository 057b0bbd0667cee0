package rawsock

import "golang.org/x/sys/unix"

const (
	xdpFlags    = 2
	xdpIfindex  = 4
	xdpQueueID  = 8
	xdpSharedFD = 12
)

// SockaddrXDP makes a struct sockaddr_xdp: a queue of an interface, flags
// (XDP_ZEROCOPY, XDP_SHARED_UMEM, …) and, with XDP_SHARED_UMEM, the socket whose
// memory it shares.
func SockaddrXDP(ifindex, queueID uint32, flags uint16, sharedFD uint32) Sockaddr {
	sa := newSockaddr(unix.AF_XDP, unix.SizeofSockaddrXDP)
	sa.put16(xdpFlags, flags)
	sa.put32(xdpIfindex, ifindex)
	sa.put32(xdpQueueID, queueID)
	sa.put32(xdpSharedFD, sharedFD)
	return sa
}

// XDP returns the fields of a struct sockaddr_xdp; ok is false for any other
// address and for one that is too short.
func (sa Sockaddr) XDP() (ifindex, queueID uint32, flags uint16, sharedFD uint32, ok bool) {
	if !sa.is(unix.AF_XDP, unix.SizeofSockaddrXDP) {
		return 0, 0, 0, 0, false
	}
	return sa.get32(xdpIfindex), sa.get32(xdpQueueID), sa.get16(xdpFlags), sa.get32(xdpSharedFD), true
}
