package rawsock

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// sockaddr is the address in b as far as its family is known and b is long
// enough, and else its bytes; word is where it lies, for want of any.
func (l *line) sockaddr(b []byte, word uintptr) {
	if len(b) < sockaddrHeader {
		l.pointer(word)
		return
	}
	family := layoutFamily(b)
	l.str("{sa_family=")
	l.family(family)
	if len(b) > sockaddrHeader && !l.sockaddrFields(family, b) {
		l.field("sa_data")
		l.quoted(b[sockaddrHeader:])
	}
	l.str("}")
}

func (l *line) sockaddrFields(family int, b []byte) bool {
	switch {
	case family == unix.AF_INET && len(b) >= unix.SizeofSockaddrInet4:
		l.inetAddress(b)
	case family == unix.AF_INET6 && len(b) >= sizeofInet6Legacy:
		l.inet6Address(b)
	case family == unix.AF_UNIX:
		l.unixAddress(b[sockaddrHeader:min(len(b), unix.SizeofSockaddrUnix)])
	default:
		return l.otherAddress(family, b)
	}
	return true
}

func (l *line) inetAddress(b []byte) {
	l.port("sin_port", b)
	l.inet("sin_addr", b[inetAddr:])
}

func (l *line) inet6Address(b []byte) {
	l.port("sin6_port", b)
	l.field("sin6_flowinfo")
	l.str("htonl(")
	l.uint(uint64(binary.BigEndian.Uint32(b[inet6Flowinfo:])))
	l.str(")")
	l.inet6("sin6_addr", b[inet6Addr:])
	if len(b) >= unix.SizeofSockaddrInet6 {
		l.field("sin6_scope_id")
		l.uint(uint64(binary.NativeEndian.Uint32(b[inet6ScopeID:])))
	}
}

func (l *line) port(field string, b []byte) {
	l.field(field)
	l.str("htons(")
	l.uint(uint64(binary.BigEndian.Uint16(b[inetPort:])))
	l.str(")")
}

// inet and inet6 are the address that b begins with.
func (l *line) inet(field string, b []byte) {
	l.field(field)
	l.str(`inet_addr("`)
	l.b = netip.AddrFrom4([4]byte(b)).AppendTo(l.b)
	l.str(`")`)
}

func (l *line) inet6(field string, b []byte) {
	if l.b[len(l.b)-1] != '{' {
		l.str(", ")
	}
	l.str(`inet_pton(AF_INET6, "`)
	l.b = appendInet6(l.b, [16]byte(b))
	l.str(`", &` + field + ")")
}

// appendInet6 writes an address as inet_ntop(3) does, which unlike netip shows
// one that is compatible with IPv4 with dots: ::127.0.0.1.
func appendInet6(b []byte, addr [16]byte) []byte {
	if [12]byte(addr[:]) == ([12]byte{}) && (addr[12] != 0 || addr[13] != 0) {
		return netip.AddrFrom4([4]byte(addr[12:])).AppendTo(append(b, "::"...))
	}
	return netip.AddrFrom16(addr).AppendTo(b)
}

func (l *line) unixAddress(path []byte) {
	l.field("sun_path")
	if path[0] == 0 && hasAbstractUnix {
		l.str("@")
		l.quoted(path[1:])
		return
	}
	l.cString(path)
}
