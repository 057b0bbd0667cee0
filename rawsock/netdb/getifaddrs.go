package netdb

import (
	"encoding/binary"
	"net"
	"net/netip"

	"github.com/rawloop/rawloop/rawsock"
)

// Ifaddr is an inet or inet6 address of a network interface: struct ifaddrs of
// getifaddrs(3).
type Ifaddr struct {
	Name    string
	Flags   net.Flags
	Addr    rawsock.Sockaddr // with the interface as the scope if it is of one link
	Netmask rawsock.Sockaddr
	Bcast   rawsock.Sockaddr // IPv4 with ones behind the mask; no address where the interface has no broadcast
}

// Getifaddrs is getifaddrs(3) for the families AF_INET and AF_INET6, in the order
// of the interfaces. It makes more than one system call: an interface that goes
// away meanwhile is left out.
func Getifaddrs() ([]Ifaddr, error) {
	ifs, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var all []Ifaddr
	for _, i := range ifs {
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				all = append(all, newIfaddr(i, n))
			}
		}
	}
	return all, nil
}

func newIfaddr(i net.Interface, n *net.IPNet) Ifaddr {
	ip, _ := netip.AddrFromSlice(n.IP)
	ip = ip.Unmap()
	a := Ifaddr{Name: i.Name, Flags: i.Flags}
	if ip.Is6() {
		var scope uint32
		if ip.IsLinkLocalUnicast() {
			scope = uint32(i.Index)
		}
		a.Addr = rawsock.SockaddrInet6(ip.As16(), 0, 0, scope)
		a.Netmask = rawsock.SockaddrInet6([16]byte(n.Mask), 0, 0, 0)
		return a
	}
	mask := [4]byte(n.Mask[len(n.Mask)-4:])
	a.Addr, a.Netmask = rawsock.SockaddrInet4(ip.As4(), 0), rawsock.SockaddrInet4(mask, 0)
	if i.Flags&net.FlagBroadcast != 0 {
		host := ip.As4()
		all := binary.BigEndian.Uint32(host[:]) | ^binary.BigEndian.Uint32(mask[:])
		a.Bcast = rawsock.SockaddrInet4(rawsock.Inet4(all), 0)
	}
	return a
}
