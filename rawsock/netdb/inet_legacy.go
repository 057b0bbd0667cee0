package netdb

import (
	"encoding/binary"
	"strings"

	"github.com/rawloop/rawloop/rawsock"
)

// InetAddr is inet_addr(3): InetAton with rawsock.INADDR_NONE for an error, which
// nothing distinguishes from 255.255.255.255.
func InetAddr(s string) [4]byte {
	addr, err := InetAton(s)
	if err != nil {
		return rawsock.Inet4(rawsock.INADDR_NONE)
	}
	return addr
}

// InetNetwork is inet_network(3): one to four numbers as those of InetAton, one a
// byte, as a number in the host's order. "10.1" is 0x0a01.
//
// EINVAL (wrapped, with the text): anything else.
func InetNetwork(s string) (uint32, error) {
	var net uint32
	parts := strings.Split(strings.TrimRightFunc(s, isSpace), ".")
	if len(parts) > 4 {
		return 0, badAddress(s)
	}
	for _, part := range parts {
		v, rest, ok := cNumber(part)
		if !ok || rest != "" || v > 0xff {
			return 0, badAddress(s)
		}
		net = net<<8 | uint32(v)
	}
	return net, nil
}

// InetMakeaddr is inet_makeaddr(3): the address of a host in a network of class
// A, B or C, both numbers in the host's order; in other networks the two are
// joined as they are.
func InetMakeaddr(net, host uint32) [4]byte {
	switch {
	case net < 1<<7:
		return rawsock.Inet4(net<<24 | host&0x00ffffff)
	case net < 1<<16:
		return rawsock.Inet4(net<<16 | host&0x0000ffff)
	case net < 1<<24:
		return rawsock.Inet4(net<<8 | host&0x000000ff)
	}
	return rawsock.Inet4(net | host)
}

// InetLnaof is inet_lnaof(3): the part of addr that is the host in its class, as
// a number in the host's order. Classes D and E are taken for C.
func InetLnaof(addr [4]byte) uint32 {
	return binary.BigEndian.Uint32(addr[:]) & (1<<hostBits(addr) - 1)
}

// InetNetof is inet_netof(3): the part of addr that is the network in its class,
// as a number in the host's order. Classes D and E are taken for C.
func InetNetof(addr [4]byte) uint32 { return binary.BigEndian.Uint32(addr[:]) >> hostBits(addr) }

func hostBits(addr [4]byte) int {
	switch rawsock.IPClass(addr) {
	case 'A':
		return 24
	case 'B':
		return 16
	}
	return 8
}
