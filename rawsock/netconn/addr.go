package netconn

import (
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Addr is a net.Addr of a family, or of a socket type, that package net has no
// type for, and of a socket that has no address.
type Addr struct {
	Net string // "vsock"
	rawsock.Sockaddr
}

// Network returns Net.
func (a Addr) Network() string { return a.Net }

// networkOf is the network of a socket as package net spells it. What net does not
// know goes by the name of its family.
func networkOf(family, typ int) string {
	names := [3]string{"tcp", "udp", ""}
	switch family {
	case unix.AF_UNIX:
		names = [3]string{"unix", "unixgram", "unixpacket"}
	case unix.AF_INET, unix.AF_INET6:
		if typ == unix.SOCK_RAW {
			return "ip"
		}
	default:
		return rawsock.FamilyName(family)
	}
	switch typ {
	case unix.SOCK_STREAM:
		return names[0]
	case unix.SOCK_DGRAM:
		return names[1]
	case unix.SOCK_SEQPACKET:
		return names[2]
	}
	return rawsock.TypeName(typ)
}

// netAddr makes of sa what package net would.
func netAddr(network string, sa rawsock.Sockaddr) net.Addr {
	if ap := sa.AddrPort(); ap.IsValid() {
		switch network {
		case "tcp":
			return net.TCPAddrFromAddrPort(ap)
		case "udp":
			return net.UDPAddrFromAddrPort(ap)
		case "ip":
			return &net.IPAddr{IP: ap.Addr().AsSlice(), Zone: ap.Addr().Zone()}
		}
	}
	switch name, kind := sa.Unix(); kind {
	case rawsock.UnixUnnamed, rawsock.UnixPath:
		return &net.UnixAddr{Net: network, Name: name}
	case rawsock.UnixAbstract:
		return &net.UnixAddr{Net: network, Name: "@" + name}
	}
	return Addr{network, sa}
}

// sockaddrOf is the inverse of netAddr.
func sockaddrOf(a net.Addr) (rawsock.Sockaddr, error) {
	switch a := a.(type) {
	case nil:
		return rawsock.Sockaddr{}, nil
	case Addr:
		return a.Sockaddr, nil
	case *net.UDPAddr:
		return fromAddrPort(a.AddrPort())
	case *net.TCPAddr:
		return fromAddrPort(a.AddrPort())
	case *net.IPAddr:
		ip, _ := netip.AddrFromSlice(a.IP)
		return fromAddrPort(netip.AddrPortFrom(ip.WithZone(a.Zone), 0))
	case *net.UnixAddr:
		return unixSockaddr(a.Name)
	}
	return rawsock.Sockaddr{}, &net.AddrError{Err: "no address of a socket", Addr: a.String()}
}

// fromAddrPort takes an IPv4 address mapped into IPv6 for IPv4, as package net
// does: a net.IP does not tell them apart.
func fromAddrPort(ap netip.AddrPort) (rawsock.Sockaddr, error) {
	return rawsock.SockaddrFromAddrPort(netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()))
}

// unixSockaddr reads a name as package net does: one that begins with an @ is
// abstract where there is such a thing.
func unixSockaddr(name string) (sa rawsock.Sockaddr, err error) {
	switch {
	case name == "":
		return rawsock.SockaddrUnixUnnamed(), nil
	case name[0] == '@':
		sa, err = rawsock.SockaddrUnixAbstract(name[1:])
	default:
		sa, err = rawsock.SockaddrUnixPath(name)
	}
	if err != nil {
		return sa, &os.PathError{Op: "address", Path: name, Err: err}
	}
	return sa, nil
}

// fit makes an address one of the family that a socket has: an IPv6 socket that
// serves IPv4 wants IPv4 addresses mapped, and an IPv4 socket the other way round.
func fit(family int, ap netip.AddrPort) netip.AddrPort {
	addr := ap.Addr()
	switch {
	case family == unix.AF_INET6 && addr.Is4():
		return netip.AddrPortFrom(netip.AddrFrom16(addr.As16()), ap.Port())
	case family == unix.AF_INET && addr.Is4In6():
		return netip.AddrPortFrom(addr.Unmap(), ap.Port())
	}
	return ap
}
