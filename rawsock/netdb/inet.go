package netdb

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// InetAton is inet_aton(3) as the GNU C library has it: one to four numbers with
// dots between them, decimal, octal with a leading 0 or hexadecimal with 0x, of
// which the last fills all bytes that are left. White space and whatever follows
// it is ignored. For what people write today use InetPton, which is strict:
// "010.0.0.1" is 8.0.0.1 here.
//
// EINVAL (wrapped, with the text): anything else.
func InetAton(s string) ([4]byte, error) {
	addr, rest, ok := inetAton(s)
	if !ok || rest != "" && !isSpace(rune(rest[0])) {
		return [4]byte{}, badAddress(s)
	}
	return addr, nil
}

// inetAton parses the longest prefix of s that inet_aton(3) has digits for.
func inetAton(s string) (addr [4]byte, rest string, ok bool) {
	for i := range addr {
		v, after, ok := cNumber(s)
		if !ok {
			return addr, "", false
		}
		if !strings.HasPrefix(after, ".") {
			if v >= 1<<(8*(len(addr)-i)) {
				return addr, "", false
			}
			last := rawsock.Inet4(uint32(v))
			copy(addr[i:], last[i:])
			return addr, after, true
		}
		if v > 0xff {
			return addr, "", false
		}
		addr[i], s = byte(v), after[1:]
	}
	return addr, "", false
}

// cNumber is strtoul(3) with base 0, for what begins with a digit and fits 32
// bits.
func cNumber(s string) (v uint64, rest string, ok bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, "", false
	}
	base, digits := uint64(10), s
	if s[0] == '0' {
		base = 8
		if len(s) > 2 && s[1]|0x20 == 'x' && hexDigit(s[2]) < 16 {
			base, digits = 16, s[2:]
		}
	}
	n := 0
	for ; n < len(digits) && hexDigit(digits[n]) < base; n++ {
		if v = v*base + hexDigit(digits[n]); v > 0xffffffff {
			return 0, "", false
		}
	}
	return v, digits[n:], true
}

// hexDigit returns the value of a digit, and 16 for anything else.
func hexDigit(c byte) uint64 {
	switch {
	case '0' <= c && c <= '9':
		return uint64(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return uint64(c|0x20-'a') + 10
	}
	return 16
}

// inetAtonExact is InetAton without anything after the address, as getaddrinfo(3)
// takes it.
func inetAtonExact(s string) (netip.Addr, bool) {
	addr, rest, ok := inetAton(s)
	return netip.AddrFrom4(addr), ok && rest == ""
}

// InetNtoa is inet_ntoa(3).
func InetNtoa(addr [4]byte) string { return netip.AddrFrom4(addr).String() }

// InetPton is inet_pton(3): the 4 or 16 bytes of a strict AF_INET or AF_INET6
// address, without a zone.
//
// EINVAL (wrapped, with the text): not such an address. EAFNOSUPPORT: another
// family.
func InetPton(family int, s string) ([]byte, error) {
	if family != unix.AF_INET && family != unix.AF_INET6 {
		return nil, unix.EAFNOSUPPORT
	}
	addr, ok := parseIP(s)
	if !ok || addr.Is4() != (family == unix.AF_INET) {
		return nil, badAddress(s)
	}
	return addr.AsSlice(), nil
}

// parseIP is inet_pton(3) for both families.
func parseIP(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	return addr, err == nil && addr.Zone() == ""
}

// InetNtop is inet_ntop(3) in the form of the GNU C library, which writes the last
// 4 bytes of addresses in ::/96 and ::ffff:0:0/96 with dots: ::1.2.3.4. It is what
// distinguishes it from netip.Addr.String.
//
// EINVAL: not 4 bytes for AF_INET or 16 for AF_INET6. EAFNOSUPPORT: another
// family.
func InetNtop(family int, b []byte) (string, error) {
	switch {
	case family != unix.AF_INET && family != unix.AF_INET6:
		return "", unix.EAFNOSUPPORT
	case len(b) != 4 && family == unix.AF_INET, len(b) != 16 && family == unix.AF_INET6:
		return "", unix.EINVAL
	}
	addr, _ := netip.AddrFromSlice(b)
	return numericHost(addr), nil
}

// numericHost is InetNtop of an address without its zone.
func numericHost(addr netip.Addr) string {
	if addr.Is6() && !addr.Is4In6() && inet4Compatible.Contains(addr) {
		b := addr.As16()
		// ::1 and the like have seven groups of zeros, and no dots.
		if b[12] != 0 || b[13] != 0 {
			return "::" + InetNtoa([4]byte(b[12:]))
		}
	}
	return addr.WithZone("").String()
}

var inet4Compatible = netip.MustParsePrefix("::/96")

func badAddress(s string) error { return fmt.Errorf("address %s: %w", strconv.Quote(s), unix.EINVAL) }

// isSpace is isspace(3) in the C locale.
func isSpace(r rune) bool { return r == ' ' || '\t' <= r && r <= '\r' }
