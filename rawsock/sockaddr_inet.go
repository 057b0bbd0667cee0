package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Where the fields of struct sockaddr_in and struct sockaddr_in6 lie, on every
// platform. Linux takes a sockaddr_in6 without its last field (RFC 2133).
const (
	sockaddrHeader = 2

	inetPort = sockaddrHeader
	inetAddr = 4

	inet6Flowinfo     = 4
	inet6Addr         = 8
	inet6ScopeID      = 24
	sizeofInet6Legacy = inet6ScopeID
)

// SockaddrInet4 makes a struct sockaddr_in.
func SockaddrInet4(addr [4]byte, port uint16) Sockaddr {
	sa := newSockaddr(unix.AF_INET, unix.SizeofSockaddrInet4)
	binary.BigEndian.PutUint16(sa.raw.Data[inetPort:], port)
	copy(sa.raw.Data[inetAddr:], addr[:])
	return sa
}

// SockaddrInet6 makes a struct sockaddr_in6. flowinfo is a number in the host's
// order, as in Python, of which the flow label is the lower 20 bits; it is stored
// in network order. scopeID is an interface index.
func SockaddrInet6(addr [16]byte, port uint16, flowinfo, scopeID uint32) Sockaddr {
	sa := newSockaddr(unix.AF_INET6, unix.SizeofSockaddrInet6)
	binary.BigEndian.PutUint16(sa.raw.Data[inetPort:], port)
	binary.BigEndian.PutUint32(sa.raw.Data[inet6Flowinfo:], flowinfo)
	copy(sa.raw.Data[inet6Addr:], addr[:])
	sa.put32(inet6ScopeID, scopeID)
	return sa
}

// Inet returns the fields of a struct sockaddr_in; ok is false for any other
// address and for one that is too short.
func (sa Sockaddr) Inet() (addr [4]byte, port uint16, ok bool) { return sa.inet() }

func (sa *Sockaddr) inet() (addr [4]byte, port uint16, ok bool) {
	if !sa.is(unix.AF_INET, unix.SizeofSockaddrInet4) {
		return addr, 0, false
	}
	copy(addr[:], sa.raw.Data[inetAddr:])
	return addr, binary.BigEndian.Uint16(sa.raw.Data[inetPort:]), true
}

// Inet6 returns the fields of a struct sockaddr_in6 as SockaddrInet6 takes them;
// ok is false for any other address and for one that is too short.
func (sa Sockaddr) Inet6() (addr [16]byte, port uint16, flowinfo, scopeID uint32, ok bool) {
	return sa.inet6()
}

func (sa *Sockaddr) inet6() (addr [16]byte, port uint16, flowinfo, scopeID uint32, ok bool) {
	if !sa.is(unix.AF_INET6, sizeofInet6Legacy) {
		return addr, 0, 0, 0, false
	}
	copy(addr[:], sa.raw.Data[inet6Addr:])
	port = binary.BigEndian.Uint16(sa.raw.Data[inetPort:])
	flowinfo = binary.BigEndian.Uint32(sa.raw.Data[inet6Flowinfo:])
	scopeID = sa.get32(inet6ScopeID)
	return addr, port, flowinfo, scopeID, true
}
