package netdb

import (
	"math/bits"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// candidate is a destination with what the rules of RFC 6724, 6, look at.
type candidate struct {
	dst, src   netip.Addr // src is not valid if there is no route
	deprecated bool
	bits       int // of the prefix of src, if it is IPv4
}

// sortAddrs puts destinations into the order of RFC 6724, 6, as the GNU C library
// does: with the tables of RFC 3484, without the rules that need an agent for
// mobility or a tunnel, and with rule 9 for IPv4 only within the prefix of the
// source's own network.
func sortAddrs(addrs []netip.Addr, local []ifaddr) {
	candidates := make([]candidate, len(addrs))
	for i, dst := range addrs {
		c := candidate{dst: dst, src: sourceFor(dst)}
		if at := slices.IndexFunc(local, func(a ifaddr) bool { return a.addr == c.src }); at >= 0 {
			c.bits, c.deprecated = local[at].bits, local[at].deprecated
		}
		candidates[i] = c
	}
	slices.SortStableFunc(candidates, compare)
	for i, c := range candidates {
		addrs[i] = c.dst
	}
}

// sourceFor returns the address that the kernel would send from, by connecting a
// UDP socket, which sends nothing.
func sourceFor(dst netip.Addr) netip.Addr {
	fd, err := rawsock.Socket(familyOf(dst), unix.SOCK_DGRAM|sockCloexec, 0)
	if err != nil {
		return netip.Addr{}
	}
	defer fd.Close()
	sa, err := rawsock.SockaddrFromAddrPort(netip.AddrPortFrom(dst, dnsPort))
	if err != nil || fd.Connect(sa) != nil {
		return netip.Addr{}
	}
	src, err := fd.Getsockname()
	if err != nil {
		return netip.Addr{}
	}
	return src.AddrPort().Addr().WithZone("")
}

// compare returns less than 0 if a is the better destination. The order of the
// rules is the RFC's; a rule that does not tell them apart leaves it to the next.
func compare(a, b candidate) int {
	switch {
	case a.src.IsValid() != b.src.IsValid(): // rule 1
		return better(a.src.IsValid())
	case scope(a.dst) == scope(a.src) != (scope(b.dst) == scope(b.src)): // rule 2
		return better(scope(a.dst) == scope(a.src))
	case a.src.IsValid() && a.deprecated != b.deprecated: // rule 3
		return better(!a.deprecated)
	}
	pa, la := policy(a.dst)
	pb, lb := policy(b.dst)
	if a.src.IsValid() {
		_, sa := policy(a.src)
		_, sb := policy(b.src)
		if (la == sa) != (lb == sb) { // rule 5
			return better(la == sa)
		}
	}
	switch {
	case pa != pb: // rule 6
		return better(pa > pb)
	case scope(a.dst) != scope(b.dst): // rule 8
		return better(scope(a.dst) < scope(b.dst))
	case a.src.IsValid() && a.dst.Is4() == b.dst.Is4(): // rule 9
		return commonBits(b) - commonBits(a)
	}
	return 0
}

func better(yes bool) int {
	if yes {
		return -1
	}
	return 1
}

// scope is how far an address reaches, in the numbers of multicast scopes.
func scope(addr netip.Addr) int {
	switch {
	case !addr.IsValid():
		return -1
	case addr.Is4In6():
		return 14
	case addr.IsLoopback(), addr.IsLinkLocalUnicast():
		return 2 // RFC 4291, 2.5.3: loopback counts as link-local
	case addr.Is6() && addr.IsMulticast():
		return int(addr.As16()[1] & 0xf)
	case siteLocal.Contains(addr):
		return 5
	}
	return 14
}

var siteLocal = netip.MustParsePrefix("fec0::/10")

// policies is the table of RFC 3484, 2.1, as the GNU C library has it: the first
// prefix that contains an address counts, and IPv4 is mapped into IPv6.
var policies = []struct {
	prefix            netip.Prefix
	precedence, label int
}{
	{netip.MustParsePrefix("::1/128"), 50, 0},
	{netip.MustParsePrefix("::/96"), 20, 3},
	{netip.MustParsePrefix("2001::/32"), 40, 7},
	{netip.MustParsePrefix("2002::/16"), 30, 2},
	{netip.MustParsePrefix("fec0::/10"), 40, 5},
	{netip.MustParsePrefix("fc00::/7"), 40, 6},
	{netip.MustParsePrefix("::/0"), 40, 1},
}

func policy(addr netip.Addr) (precedence, label int) {
	if addr.Is4() || addr.Is4In6() {
		return 10, 4
	}
	for _, p := range policies {
		if p.prefix.Contains(addr) {
			return p.precedence, p.label
		}
	}
	return 0, 0
}

// commonBits is how long a prefix dst and src share.
func commonBits(c candidate) int {
	dst, src := c.dst.As16(), c.src.As16()
	n := 0
	for i := range dst {
		x := bits.LeadingZeros8(dst[i] ^ src[i])
		n += x
		if x < 8 {
			break
		}
	}
	if c.dst.Is4() {
		n -= 96
		if n < c.bits || c.bits == 0 && n < 32 {
			return 0
		}
	}
	return n
}
