package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// PacketAddr is what a struct sockaddr_ll says (packet(7)). To bind, Protocol
// and Ifindex count; to send, Ifindex, Halen, Addr and, for SOCK_DGRAM, Protocol;
// the kernel fills all of them when it receives.
type PacketAddr struct {
	Protocol uint16 // sll_protocol: an Ethernet type, ETH_P_IP or ETH_P_ALL, as a number in the host's order
	Ifindex  int32  // sll_ifindex, 0 for every interface; see InterfaceIndex
	Hatype   uint16 // sll_hatype: what the interface is, ARPHRD_ETHER or ARPHRD_LOOPBACK
	Pkttype  uint8  // sll_pkttype: to whom the packet went, PACKET_HOST or PACKET_OUTGOING
	Halen    uint8  // sll_halen: how many bytes of Addr count
	Addr     [MaxHardwareAddr]byte
}

// MaxHardwareAddr is the kernel's MAX_ADDR_LEN. An address beyond the 8 bytes of
// sll_addr, as InfiniBand has, makes the struct longer.
const MaxHardwareAddr = 32

const (
	packetProtocol = 2
	packetIfindex  = 4
	packetHatype   = 8
	packetPkttype  = 10
	packetHalen    = 11
	packetAddr     = 12
)

// SockaddrPacket makes a struct sockaddr_ll.
//
// EINVAL: Halen is more than MaxHardwareAddr.
func SockaddrPacket(a PacketAddr) (Sockaddr, error) {
	if a.Halen > MaxHardwareAddr {
		return Sockaddr{}, unix.EINVAL
	}
	sa := newSockaddr(unix.AF_PACKET, max(unix.SizeofSockaddrLinklayer, packetAddr+int(a.Halen)))
	binary.BigEndian.PutUint16(sa.raw.Data[packetProtocol:], a.Protocol)
	sa.put32(packetIfindex, uint32(a.Ifindex))
	sa.put16(packetHatype, a.Hatype)
	sa.raw.Data[packetPkttype] = a.Pkttype
	sa.raw.Data[packetHalen] = a.Halen
	copy(sa.raw.Data[packetAddr:], a.Addr[:a.Halen])
	return sa, nil
}

// Packet returns the fields of a struct sockaddr_ll; ok is false for any other
// address and for one that is too short for what it says. The kernel's own
// addresses leave out the bytes of sll_addr that do not count.
func (sa Sockaddr) Packet() (a PacketAddr, ok bool) {
	halen := int(sa.raw.Data[packetHalen])
	if sa.family() != unix.AF_PACKET || sa.Len() < packetAddr+halen || halen > MaxHardwareAddr {
		return PacketAddr{}, false
	}
	a = PacketAddr{
		Protocol: binary.BigEndian.Uint16(sa.raw.Data[packetProtocol:]),
		Ifindex:  int32(sa.get32(packetIfindex)),
		Hatype:   sa.get16(packetHatype),
		Pkttype:  sa.raw.Data[packetPkttype],
		Halen:    uint8(halen),
	}
	copy(a.Addr[:], sa.raw.Data[packetAddr:packetAddr+halen])
	return a, true
}
