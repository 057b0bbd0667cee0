package netdb

import (
	"iter"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Hostent is a host: struct hostent of gethostbyname(3).
type Hostent struct {
	Name    string       // the canonical name
	Aliases []string     // its other names
	Addrs   []netip.Addr // of one family
}

// hostLine is a line of /etc/hosts.
type hostLine struct {
	addr  netip.Addr
	names []string // the canonical one, then aliases
}

// hostLines yields the lines of a hosts file that have an address of the family.
// Where AF_INET is wanted, an address mapped into IPv6 is one, and ::1 stands for
// 127.0.0.1, as in the GNU C library. AF_UNSPEC takes every line. The names are
// good until the next line.
func hostLines(text string, family int) iter.Seq[hostLine] {
	return func(yield func(hostLine) bool) {
		for fields := range entries(text) {
			addr, ok := parseIP(fields[0])
			if !ok || len(fields) < 2 {
				continue
			}
			if addr, ok = ofFamily(addr, family); ok && !yield(hostLine{addr, fields[1:]}) {
				return
			}
		}
	}
}

func ofFamily(addr netip.Addr, family int) (netip.Addr, bool) {
	switch {
	case family == unix.AF_INET6:
		return addr, addr.Is6()
	case family == unix.AF_UNSPEC, addr.Is4():
		return addr, true
	case addr == netip.IPv6Loopback():
		return inet4Loopback, true
	}
	addr = addr.Unmap()
	return addr, addr.Is4()
}

var inet4Loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

func (h hostLine) has(name string) bool {
	return slices.ContainsFunc(h.names, func(s string) bool { return strings.EqualFold(s, name) })
}

// hostByName gathers all lines of a hosts file that have the name, in any case
// ("multi on" of host.conf(5)); nil if there are none.
func hostByName(text, name string, family int) *Hostent {
	var host *Hostent
	for line := range hostLines(text, family) {
		if !line.has(name) {
			continue
		}
		if host == nil {
			host = &Hostent{Name: line.names[0]}
		}
		host.Addrs = append(host.Addrs, line.addr)
		host.Aliases = append(host.Aliases, line.names[1:]...)
		if line.names[0] != host.Name {
			host.Aliases = append(host.Aliases, line.names[0])
		}
	}
	return host
}

// hostByAddr finds the first line of a hosts file that has the address; nil if
// there is none.
func hostByAddr(text string, addr netip.Addr) *Hostent {
	for line := range hostLines(text, familyOf(addr)) {
		if line.addr == addr {
			return &Hostent{line.names[0], slices.Clone(line.names[1:]), []netip.Addr{addr}}
		}
	}
	return nil
}

func familyOf(addr netip.Addr) int {
	if addr.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}
