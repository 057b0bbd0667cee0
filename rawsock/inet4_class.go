package rawsock

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// IPClass returns the class of an IPv4 address by its leading bits: 'A' for 0,
// 'B' for 10, 'C' for 110, 'D' for 1110, which is multicast, and 'E' for 1111,
// which is reserved. Routing has not used classes since RFC 1519.
func IPClass(addr [4]byte) byte {
	return 'A' + byte(min(bits.LeadingZeros8(^addr[0]), 4))
}

// IsPrivate reports whether addr is for private networks: 10.0.0.0/8,
// 172.16.0.0/12 or 192.168.0.0/16 (RFC 1918).
func IsPrivate(addr [4]byte) bool { return netip.AddrFrom4(addr).IsPrivate() }

// IsLoopback reports whether addr is in 127.0.0.0/8.
func IsLoopback(addr [4]byte) bool { return netip.AddrFrom4(addr).IsLoopback() }

// IsMulticast reports whether addr is in 224.0.0.0/4, up to 239.255.255.255.
func IsMulticast(addr [4]byte) bool { return netip.AddrFrom4(addr).IsMulticast() }

// Inet4Special says which special case of RFC 1122, 3.2.1.3, an IPv4 address is.
// There -1 is a field of ones, and an address is {network, host} or {network,
// subnet, host}.
type Inet4Special uint8

// The special cases. Inet4Ordinary is every other address: one host.
const (
	Inet4Ordinary           Inet4Special = iota
	Inet4ThisHost                        // {0, 0}: this host on this network
	Inet4HostOnThisNet                   // {0, host}: that host on this network
	Inet4LimitedBroadcast                // {-1, -1}: every host on this wire, never forwarded
	Inet4NetBroadcast                    // {network, -1}: every host of a network without subnets
	Inet4SubnetBroadcast                 // {network, subnet, -1}: every host of a subnet
	Inet4AllSubnetBroadcast              // {network, -1, -1}: every host of all subnets
	Inet4Loopback                        // {127, any}: this host, never on a wire
	Inet4Multicast                       // class D: a group
	Inet4Reserved                        // class E but for the limited broadcast
)

// ClassifyInet4 returns which special case addr is in a network whose prefix has
// prefixBits bits, as in 192.0.2.0/24. The network is the one of addr's class, so
// a longer prefix than that of the class (8, 16 or 24 bits) makes subnets; a
// shorter one is a network by itself. 0 is the prefix of the class. Prefixes of
// 31 and 32 bits have no broadcast address (RFC 3021).
func ClassifyInet4(addr [4]byte, prefixBits int) Inet4Special {
	n := binary.BigEndian.Uint32(addr[:])
	class := IPClass(addr)
	switch {
	case n == INADDR_ANY:
		return Inet4ThisHost
	case n == INADDR_BROADCAST:
		return Inet4LimitedBroadcast
	case addr[0] == 0:
		return Inet4HostOnThisNet
	case IsLoopback(addr):
		return Inet4Loopback
	case class == 'D':
		return Inet4Multicast
	case class == 'E':
		return Inet4Reserved
	}
	classBits := 8 * int(class-'A'+1)
	if prefixBits <= 0 {
		prefixBits = classBits
	}
	subnets := prefixBits > classBits
	switch {
	case prefixBits > 30, !onesBelow(n, prefixBits):
		return Inet4Ordinary
	case subnets && onesBelow(n, classBits):
		return Inet4AllSubnetBroadcast
	case subnets:
		return Inet4SubnetBroadcast
	}
	return Inet4NetBroadcast
}

// onesBelow reports whether every bit of n after the prefix is 1.
func onesBelow(n uint32, prefixBits int) bool {
	host := uint32(1)<<(32-prefixBits) - 1
	return n&host == host
}

// SourceOnly reports whether such an address may stand only in the source of a
// packet: {0, 0} and {0, host}, and they only while a host asks for its own
// address.
func (s Inet4Special) SourceOnly() bool { return s == Inet4ThisHost || s == Inet4HostOnThisNet }

// DestinationOnly reports whether such an address may stand only in the
// destination of a packet: the broadcasts and the groups.
func (s Inet4Special) DestinationOnly() bool {
	switch s {
	case Inet4LimitedBroadcast, Inet4NetBroadcast, Inet4SubnetBroadcast, Inet4AllSubnetBroadcast, Inet4Multicast:
		return true
	}
	return false
}

// String returns the case as RFC 1122 writes it.
func (s Inet4Special) String() string {
	if int(s) < len(inet4Specials) {
		return inet4Specials[s]
	}
	return "unknown"
}

var inet4Specials = [...]string{
	Inet4Ordinary:           "ordinary",
	Inet4ThisHost:           "{0, 0}",
	Inet4HostOnThisNet:      "{0, host}",
	Inet4LimitedBroadcast:   "{-1, -1}",
	Inet4NetBroadcast:       "{network, -1}",
	Inet4SubnetBroadcast:    "{network, subnet, -1}",
	Inet4AllSubnetBroadcast: "{network, -1, -1}",
	Inet4Loopback:           "{127, any}",
	Inet4Multicast:          "multicast",
	Inet4Reserved:           "reserved",
}
