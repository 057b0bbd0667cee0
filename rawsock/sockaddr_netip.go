package rawsock

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// SockaddrFromAddrPort makes an inet or inet6 address, whichever ap is: an IPv4
// address mapped into IPv6 stays inet6. A zone becomes the scope: a number is an
// interface index, anything else an interface's name, which is looked up.
//
// EINVAL: ap is not valid. ENODEV (wrapped, with the name): no such interface.
func SockaddrFromAddrPort(ap netip.AddrPort) (Sockaddr, error) {
	addr := ap.Addr()
	switch {
	case addr.Is4():
		return SockaddrInet4(addr.As4(), ap.Port()), nil
	case addr.Is6():
		scope, err := scopeOf(addr.Zone())
		if err != nil {
			return Sockaddr{}, err
		}
		return SockaddrInet6(addr.As16(), ap.Port(), 0, scope), nil
	}
	return Sockaddr{}, unix.EINVAL
}

// AddrPort returns the address and port of an inet or inet6 address; for any
// other address the result is not valid. A scope becomes a zone, as a number. An
// IPv4 address mapped into IPv6 stays so: compare with lists of IPv4 addresses
// after Unmap. Flow information has no place in it.
//
// Only a zone can allocate, the first time it is seen.
func (sa Sockaddr) AddrPort() netip.AddrPort {
	if addr, port, ok := sa.inet(); ok {
		return netip.AddrPortFrom(netip.AddrFrom4(addr), port)
	}
	addr, port, _, scope, ok := sa.inet6()
	if !ok {
		return netip.AddrPort{}
	}
	ip := netip.AddrFrom16(addr)
	if scope != 0 {
		ip = ip.WithZone(strconv.FormatUint(uint64(scope), 10))
	}
	return netip.AddrPortFrom(ip, port)
}

// InterfaceIndex returns the index of an interface: a number is taken as it is,
// anything else is a name, which is looked up. It is convenience, more than one
// system call.
//
// ENODEV (wrapped, with the name): no such interface.
func InterfaceIndex(name string) (uint32, error) {
	if index, err := strconv.ParseUint(name, 10, 32); err == nil {
		return uint32(index), nil
	}
	index, err := indexOfName(name)
	return uint32(index), err
}

// indexOfName asks the kernel for a list of all interfaces. What keeps it from
// asking (EMFILE) is not ENODEV.
func indexOfName(name string) (int, error) {
	iface, err := net.InterfaceByName(name)
	if err == nil {
		return iface.Index, nil
	}
	e := unix.ENODEV
	_ = errors.As(err, &e)
	return 0, fmt.Errorf("interface %q: %w", name, e)
}

func scopeOf(zone string) (uint32, error) {
	if zone == "" {
		return 0, nil
	}
	return InterfaceIndex(zone)
}
