package netdb

import "encoding/binary"

// Htons is htons(3): a number of the host's order whose bytes in memory are v in
// network order.
func Htons(v uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], v)
	return binary.NativeEndian.Uint16(b[:])
}

// Ntohs is ntohs(3), the same exchange as Htons.
func Ntohs(v uint16) uint16 { return Htons(v) }

// Htonl is htonl(3): a number of the host's order whose bytes in memory are v in
// network order.
func Htonl(v uint32) uint32 {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], v)
	return binary.NativeEndian.Uint32(b[:])
}

// Ntohl is ntohl(3), the same exchange as Htonl.
func Ntohl(v uint32) uint32 { return Htonl(v) }
