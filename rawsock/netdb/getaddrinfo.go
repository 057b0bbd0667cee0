package netdb

import (
	"context"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Addrinfo is a row of getaddrinfo(3): the arguments of socket(2), and those of
// bind(2) or connect(2). As hints it says which rows are wanted, with 0 for any;
// Addr and Canonname are not looked at then.
type Addrinfo struct {
	Flags     int // AI_*, of hints only
	Family    int // AF_INET or AF_INET6; AF_UNSPEC for both
	Socktype  int
	Protocol  int
	Addr      rawsock.Sockaddr
	Canonname string // of the first row, with AI_CANONNAME
}

// Getaddrinfo is getaddrinfo(3): the addresses of a node and a service, for each
// kind of socket that the hints leave open, best first (RFC 6724, as the GNU C
// library implements it, without gai.conf(5)).
//
// The node is an IPv4 address in any form of InetAton, an IPv6 address with or
// without a zone, or a name. "" and "*" are C's NULL: the loopback addresses, or
// the wildcard ones with AI_PASSIVE. The service is a number or a name of
// /etc/services; "" and "*" are none, which is port 0. Numbers are those of C:
// what does not fit a port wraps around. nil hints are AI_V4MAPPED and
// AI_ADDRCONFIG, as in the GNU C library.
//
// The error is a *GaiError. ctx ends a lookup: with EAI_CANCELED, or EAI_AGAIN if
// its time is up.
func (r *Resolver) Getaddrinfo(ctx context.Context, node, service string, hints *Addrinfo) ([]Addrinfo, error) {
	q := Addrinfo{Flags: AI_V4MAPPED | AI_ADDRCONFIG}
	if hints != nil {
		q = *hints
	}
	rows, err := r.addrinfo(ctx, q, starIsNull(node), starIsNull(service))
	if err != nil {
		err.Call, err.Name = "getaddrinfo", node
		if service != "" {
			err.Name += ":" + service
		}
		return nil, err
	}
	return rows, nil
}

// Getaddrinfo is [Resolver.Getaddrinfo] of the system.
func Getaddrinfo(ctx context.Context, node, service string, hints *Addrinfo) ([]Addrinfo, error) {
	return std.Getaddrinfo(ctx, node, service, hints)
}

func starIsNull(s string) string {
	if s == "*" {
		return ""
	}
	return s
}

func gai(code EAI) *GaiError { return &GaiError{Code: code} }

// addrinfo makes the checks in the order of the GNU C library, on which it depends
// which error comes of two.
func (r *Resolver) addrinfo(ctx context.Context, q Addrinfo, node, service string) ([]Addrinfo, *GaiError) {
	switch {
	case node == "" && service == "":
		return nil, gai(EAI_NONAME)
	case q.Flags&^aiKnown != 0, q.Flags&AI_CANONNAME != 0 && node == "":
		return nil, gai(EAI_BADFLAGS)
	case q.Family != unix.AF_UNSPEC && q.Family != unix.AF_INET && q.Family != unix.AF_INET6:
		return nil, gai(EAI_FAMILY)
	}
	var local []ifaddr
	if q.Flags&AI_ADDRCONFIG != 0 {
		local = localAddrs()
		family, ok := configured(q.Family, local)
		if !ok {
			return nil, gai(EAI_NONAME)
		}
		q.Family = family
	}
	port, named, ok := parseService(service)
	if !ok && q.Flags&AI_NUMERICSERV != 0 {
		return nil, gai(EAI_NONAME)
	}
	kinds, err := r.kinds(q, service, port, named)
	if err != nil {
		return nil, err
	}
	n, err := r.node(ctx, q, node)
	if err != nil {
		return nil, err
	}
	if len(n.addrs) > 1 {
		if local == nil {
			local = localAddrs()
		}
		sortAddrs(n.addrs, local)
	}
	return rowsOf(q, n, kinds), nil
}

func rowsOf(q Addrinfo, n node, kinds []kind) []Addrinfo {
	rows := make([]Addrinfo, 0, len(n.addrs)*len(kinds))
	for _, addr := range n.addrs {
		for _, k := range kinds {
			row := Addrinfo{Family: familyOf(addr), Socktype: k.socktype, Protocol: k.protocol}
			if addr.Is4() {
				row.Addr = rawsock.SockaddrInet4(addr.As4(), k.port)
			} else {
				row.Addr = rawsock.SockaddrInet6(addr.As16(), k.port, 0, n.scope)
			}
			rows = append(rows, row)
		}
	}
	if q.Flags&AI_CANONNAME != 0 && len(rows) > 0 {
		rows[0].Canonname = n.canon
	}
	return rows
}

// configured narrows the family to those of which local has an address.
func configured(family int, local []ifaddr) (narrowed int, ok bool) {
	var has4, has6 bool
	for _, a := range local {
		has4 = has4 || a.addr.Is4() && a.addr != inet4Loopback
		has6 = has6 || a.addr.Is6() && a.addr != netip.IPv6Loopback()
	}
	switch {
	case family == unix.AF_UNSPEC && has4 && !has6:
		return unix.AF_INET, true
	case family == unix.AF_UNSPEC && has6 && !has4:
		return unix.AF_INET6, true
	case family == unix.AF_INET:
		return family, has4
	case family == unix.AF_INET6:
		return family, has6
	}
	return family, true
}

// node is what stands for a node: addresses in the order of their sources.
type node struct {
	addrs []netip.Addr
	scope uint32
	canon string
}

func (r *Resolver) node(ctx context.Context, q Addrinfo, name string) (node, *GaiError) {
	if name == "" {
		return node{addrs: noNode(q)}, nil
	}
	n, ok, err := numericNode(q, name)
	switch {
	case ok || err != nil:
		return n, err
	case q.Flags&AI_NUMERICHOST != 0:
		return node{}, gai(EAI_NONAME)
	}
	host, failed := r.lookup(ctx, func(src source) (*Hostent, *lookupError) { return r.askMapped(ctx, src, q, name) })
	if failed != nil {
		return node{}, failed.gai()
	}
	return node{addrs: host.Addrs, canon: host.Name}, nil
}

// noNode returns the addresses that stand for no node: IPv6 first.
func noNode(q Addrinfo) (addrs []netip.Addr) {
	addr4, addr6 := inet4Loopback, netip.IPv6Loopback()
	if q.Flags&AI_PASSIVE != 0 {
		addr4, addr6 = netip.IPv4Unspecified(), netip.IPv6Unspecified()
	}
	if q.Family != unix.AF_INET {
		addrs = append(addrs, addr6)
	}
	if q.Family != unix.AF_INET6 {
		addrs = append(addrs, addr4)
	}
	return addrs
}

// numericNode is for a node that is an address; ok is false if it is none.
func numericNode(q Addrinfo, name string) (n node, ok bool, err *GaiError) {
	if addr, ok := inetAtonExact(name); ok {
		switch {
		case q.Family != unix.AF_INET6:
		case q.Flags&AI_V4MAPPED != 0:
			addr = mapped(addr)
		default:
			return node{}, false, gai(EAI_ADDRFAMILY)
		}
		return node{addrs: []netip.Addr{addr}, canon: name}, true, nil
	}
	literal, zone, zoned := strings.Cut(name, "%")
	addr, ok := parseIP(literal)
	if !ok || addr.Is4() {
		return node{}, false, nil
	}
	if q.Family == unix.AF_INET && !addr.Is4In6() {
		return node{}, false, gai(EAI_ADDRFAMILY)
	}
	n = node{canon: name}
	if zoned {
		if n.scope, ok = scopeID(addr, zone); !ok {
			return node{}, false, gai(EAI_NONAME)
		}
	}
	if q.Family == unix.AF_INET {
		addr = addr.Unmap()
	}
	n.addrs = []netip.Addr{addr}
	return n, true, nil
}

// scopeID is what a zone means: the name of an interface for addresses of one
// link, otherwise a number.
func scopeID(addr netip.Addr, zone string) (uint32, bool) {
	if addr.IsLinkLocalUnicast() || addr.IsLinkLocalMulticast() || addr.IsInterfaceLocalMulticast() {
		if index, err := IfNametoindex(zone); err == nil {
			return uint32(index), true
		}
	}
	index, err := strconv.ParseUint(zone, 10, 32)
	return uint32(index), err == nil
}

func mapped(addr netip.Addr) netip.Addr { return netip.AddrFrom16(addr.As16()) }

// parseService is strtoul(3) with base 10 and 64 bits, cut to a C int: a negative result, and
// what is no number, has to be looked up by name. ok is false only for the latter.
func parseService(s string) (port int32, named, ok bool) {
	digits := strings.TrimLeftFunc(s, isSpace)
	sign := strings.HasPrefix(digits, "-")
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	switch {
	case s == "":
		return 0, false, true
	case strings.Trim(digits, "0123456789") != "" || digits == "":
		return 0, true, false
	case err != nil:
		n = math.MaxUint64 // ERANGE gives ULONG_MAX
	case sign:
		n = -n
	}
	return int32(n), int32(n) < 0, true
}
