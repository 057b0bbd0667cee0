package netdb

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Interface is an entry of if_nameindex(3).
type Interface struct {
	Index int
	Name  string
}

// IfNameindex is if_nameindex(3): all network interfaces.
func IfNameindex() ([]Interface, error) {
	ifs, err := net.Interfaces()
	var all []Interface
	for _, i := range ifs {
		all = append(all, Interface{i.Index, i.Name})
	}
	return all, err
}

// IfNametoindex is if_nametoindex(3).
//
// ENODEV (wrapped, with the name): no such interface.
func IfNametoindex(name string) (int, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return 0, fmt.Errorf("interface %q: %w", name, unix.ENODEV)
	}
	return i.Index, nil
}

// IfIndextoname is if_indextoname(3).
//
// ENXIO (wrapped, with the index): no such interface.
func IfIndextoname(index int) (string, error) {
	i, err := net.InterfaceByIndex(index)
	if err != nil {
		return "", fmt.Errorf("interface %d: %w", index, unix.ENXIO)
	}
	return i.Name, nil
}

// ifaddr is an address of this host, as the order of destinations needs it.
type ifaddr struct {
	addr       netip.Addr
	bits       int
	deprecated bool
}

// localAddrs returns the addresses of this host; it is not nil.
func localAddrs() []ifaddr {
	nets, _ := net.InterfaceAddrs()
	local := make([]ifaddr, 0, len(nets))
	// proc(5); elsewhere there is no such file, and no address counts as deprecated.
	flags, _ := os.ReadFile("/proc/thread-self/net/if_inet6")
	deprecated := deprecatedAddrs(string(flags))
	for _, n := range nets {
		if n, ok := n.(*net.IPNet); ok {
			addr, _ := netip.AddrFromSlice(n.IP)
			ones, _ := n.Mask.Size()
			addr = addr.Unmap()
			local = append(local, ifaddr{addr, ones, slices.Contains(deprecated, addr)})
		}
	}
	return local
}

// ifaDeprecated is IFA_F_DEPRECATED of <linux/if_addr.h>.
const ifaDeprecated = 0x20

// deprecatedAddrs reads a table of addresses, index, prefix, scope, flags and name,
// all numbers in hexadecimal.
func deprecatedAddrs(text string) (addrs []netip.Addr) {
	for fields := range entries(text) {
		if len(fields) < 5 {
			continue
		}
		addr, err := hex.DecodeString(fields[0])
		flags, err2 := strconv.ParseUint(fields[4], 16, 32)
		if ip, ok := netip.AddrFromSlice(addr); ok && err == nil && err2 == nil && flags&ifaDeprecated != 0 {
			addrs = append(addrs, ip)
		}
	}
	return addrs
}
