package rawsock

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// String returns the address as text for people, of which ParseSockaddr makes
// the same address again:
//
//	127.0.0.1:80                  inet
//	[fe80::1%2]:80                inet6, the scope as a number
//	[::1]:80 flowinfo=0xabcde     inet6 with flow information
//	/run/x.sock                   unix path that begins with / or . and is printable
//	"x.sock"                      any other unix path, as a Go string
//	@abs\x00c                     abstract name, escaped as in a Go string
//	unnamed                       unix without a name
//	vsock cid=2 port=1024         other families that are known here: the fields that are not 0
//	family 99: 00000102           any other address: the bytes after the family, in hexadecimal
//	bytes 63                      one that is too short to have a family
//	none                          no address
//
// An address that has more or other bytes than its family's text can say, such as
// an inet address that is cut off, is written in one of the forms with
// hexadecimal bytes.
func (sa Sockaddr) String() string {
	if sa.IsZero() {
		return "none"
	}
	if text, ok := sa.text(); ok && parsesTo(text, sa) {
		return text
	}
	if text := formText(sa); text != "" {
		return text
	}
	b := sa.raw.Bytes()
	if len(b) >= sockaddrHeader {
		text := fmt.Sprintf("family %d: %s", sa.family(), hex.EncodeToString(b[sockaddrHeader:]))
		if parsesTo(text, sa) {
			return text
		}
	}
	return "bytes " + hex.EncodeToString(b)
}

// text is the text of a family that every platform has.
func (sa *Sockaddr) text() (text string, ok bool) {
	if ap := sa.AddrPort(); ap.IsValid() {
		if _, _, flow, _, _ := sa.Inet6(); flow != 0 {
			return fmt.Sprintf("%v%s%#x", ap, flowinfoKey, flow), true
		}
		return ap.String(), true
	}
	name, kind := sa.unixName()
	switch kind {
	case UnixUnnamed:
		return "unnamed", true
	case UnixPath:
		return pathText(string(name)), true
	case UnixAbstract:
		return "@" + unquoted(strconv.Quote(string(name))), true
	}
	return "", false
}

const flowinfoKey = " flowinfo="

func parsesTo(text string, sa Sockaddr) bool {
	again, err := ParseSockaddr(text)
	return err == nil && again == sa
}

// pathText leaves alone only what cannot be taken for another kind of address.
func pathText(path string) string {
	quoted := strconv.Quote(path)
	if isBarePath(path) && unquoted(quoted) == path {
		return path
	}
	return quoted
}

func isBarePath(text string) bool { return text != "" && strings.ContainsRune("/.", rune(text[0])) }

func unquoted(s string) string { return s[1 : len(s)-1] }

// ParseSockaddr is the inverse of String. It resolves nothing but the names of
// interfaces, which may stand where String writes an index: [fe80::1%eth0]:80.
//
// EINVAL (wrapped, with the text): not an address. ENODEV (wrapped, with the
// name): no such interface. ENAMETOOLONG (wrapped): a longer unix path or name
// than an address has room for. errors.ErrUnsupported (wrapped): an abstract name
// on a platform other than Linux.
func ParseSockaddr(text string) (Sockaddr, error) {
	sa, err := parseSockaddr(text)
	if err != nil {
		return Sockaddr{}, fmt.Errorf("address %q: %w", text, err)
	}
	return sa, nil
}

func parseSockaddr(text string) (Sockaddr, error) {
	word, rest, _ := strings.Cut(text, " ")
	switch {
	case text == "none":
		return Sockaddr{}, nil
	case text == "unnamed":
		return SockaddrUnixUnnamed(), nil
	case isBarePath(text):
		return SockaddrUnixPath(text)
	case strings.HasPrefix(text, `"`):
		return parseQuoted(text, SockaddrUnixPath)
	case strings.HasPrefix(text, "@"):
		return parseQuoted(`"`+text[1:]+`"`, SockaddrUnixAbstract)
	case word == "family":
		return parseFamily(rest)
	case word == "bytes":
		return parseBytes(nil, rest)
	}
	if form := formNamed(word); form != nil {
		return form.parse(rest)
	}
	return parseInet(text)
}

func parseQuoted(text string, sockaddr func(string) (Sockaddr, error)) (Sockaddr, error) {
	name, err := strconv.Unquote(text)
	if err != nil {
		return Sockaddr{}, unix.EINVAL
	}
	return sockaddr(name)
}

func parseInet(text string) (Sockaddr, error) {
	text, flow, hasFlow := strings.Cut(text, flowinfoKey)
	ap, err := netip.ParseAddrPort(text)
	if err != nil {
		return Sockaddr{}, unix.EINVAL
	}
	sa, err := SockaddrFromAddrPort(ap)
	if err != nil || !hasFlow {
		return sa, err
	}
	addr, port, _, scope, ok := sa.Inet6()
	flowinfo, err := strconv.ParseUint(flow, 0, 32)
	if err != nil || !ok {
		return Sockaddr{}, unix.EINVAL
	}
	return SockaddrInet6(addr, port, uint32(flowinfo), scope), nil
}

// parseFamily reads what follows the word family.
func parseFamily(text string) (Sockaddr, error) {
	number, digits, ok := strings.Cut(text, ": ")
	family, err := strconv.ParseUint(number, 10, familyBits)
	if err != nil || !ok {
		return Sockaddr{}, unix.EINVAL
	}
	sa := newSockaddr(int(family), sockaddrHeader+len(digits)/2)
	return parseBytes(sa.raw.Data[:sockaddrHeader], digits)
}

func parseBytes(header []byte, digits string) (Sockaddr, error) {
	b, err := hex.DecodeString(digits)
	if err != nil {
		return Sockaddr{}, unix.EINVAL
	}
	return SockaddrFromBytes(append(header[:len(header):len(header)], b...))
}
