package rawsock

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// FamilyName returns the C name of an address family, such as AF_INET, and its
// decimal number if this platform's headers have no name for it. Of several
// names for one number it is the one that strace prints: AF_UNIX and AF_NETLINK
// rather than AF_LOCAL and AF_ROUTE.
//
// The names are for people and for logs; Socket takes the numbers.
func FamilyName(family int) string { return nameOf(family, commonFamilies[:], families[:]) }

// TypeName returns the C name of a socket type, such as SOCK_STREAM. The flags
// that socket(2) takes in the same argument are named behind it, as in
// SOCK_STREAM|SOCK_CLOEXEC; what has no name is a number in hexadecimal. A type
// without flags that has no name is a decimal number.
func TypeName(typ int) string {
	flags := typ &^ sockTypeMask
	if typ < 0 || flags == 0 {
		return nameOf(typ, commonTypes[:], types[:])
	}
	names := []string{nameOf(typ&sockTypeMask, commonTypes[:], types[:])}
	for _, flag := range typeFlags {
		if flags&flag.value != 0 {
			names = append(names, flag.name)
			flags &^= flag.value
		}
	}
	if flags != 0 {
		names = append(names, "0x"+strconv.FormatUint(uint64(flags), 16))
	}
	return strings.Join(names, "|")
}

// ProtoName returns the C name of a protocol of the families AF_INET and
// AF_INET6, such as IPPROTO_TCP, and its decimal number if this platform's
// headers have no name for it. 0 is IPPROTO_IP, which as an argument of Socket
// means the usual protocol of the type. Other families give the same numbers
// other meanings.
func ProtoName(proto int) string { return nameOf(proto, commonProtos[:], protos[:]) }

// name is a row of a table of C constants.
type name struct {
	value int
	name  string
}

// nameOf returns the first name that the tables have for value. They are short
// and their order is the choice among names for one number.
func nameOf(value int, tables ...[]name) string {
	for _, table := range tables {
		for _, row := range table {
			if row.value == value {
				return row.name
			}
		}
	}
	return strconv.Itoa(value)
}

var commonFamilies = [...]name{
	{unix.AF_UNSPEC, "AF_UNSPEC"},
	{unix.AF_UNIX, "AF_UNIX"},
	{unix.AF_INET, "AF_INET"},
	{unix.AF_INET6, "AF_INET6"},
	{unix.AF_APPLETALK, "AF_APPLETALK"},
	{unix.AF_DECnet, "AF_DECnet"},
	{unix.AF_IPX, "AF_IPX"},
	{unix.AF_ISDN, "AF_ISDN"},
	{unix.AF_SNA, "AF_SNA"},
}

var commonTypes = [...]name{
	{unix.SOCK_STREAM, "SOCK_STREAM"},
	{unix.SOCK_DGRAM, "SOCK_DGRAM"},
	{unix.SOCK_RAW, "SOCK_RAW"},
	{unix.SOCK_RDM, "SOCK_RDM"},
	{unix.SOCK_SEQPACKET, "SOCK_SEQPACKET"},
}

var commonProtos = [...]name{
	{unix.IPPROTO_IP, "IPPROTO_IP"},
	{unix.IPPROTO_ICMP, "IPPROTO_ICMP"},
	{unix.IPPROTO_IGMP, "IPPROTO_IGMP"},
	{unix.IPPROTO_IPIP, "IPPROTO_IPIP"},
	{unix.IPPROTO_TCP, "IPPROTO_TCP"},
	{unix.IPPROTO_EGP, "IPPROTO_EGP"},
	{unix.IPPROTO_PUP, "IPPROTO_PUP"},
	{unix.IPPROTO_UDP, "IPPROTO_UDP"},
	{unix.IPPROTO_IDP, "IPPROTO_IDP"},
	{unix.IPPROTO_TP, "IPPROTO_TP"},
	{unix.IPPROTO_IPV6, "IPPROTO_IPV6"},
	{unix.IPPROTO_ROUTING, "IPPROTO_ROUTING"},
	{unix.IPPROTO_FRAGMENT, "IPPROTO_FRAGMENT"},
	{unix.IPPROTO_RSVP, "IPPROTO_RSVP"},
	{unix.IPPROTO_GRE, "IPPROTO_GRE"},
	{unix.IPPROTO_ESP, "IPPROTO_ESP"},
	{unix.IPPROTO_AH, "IPPROTO_AH"},
	{unix.IPPROTO_ICMPV6, "IPPROTO_ICMPV6"},
	{unix.IPPROTO_NONE, "IPPROTO_NONE"},
	{unix.IPPROTO_DSTOPTS, "IPPROTO_DSTOPTS"},
	{unix.IPPROTO_ENCAP, "IPPROTO_ENCAP"},
	{unix.IPPROTO_PIM, "IPPROTO_PIM"},
	{unix.IPPROTO_RAW, "IPPROTO_RAW"},
}
