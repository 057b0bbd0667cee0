package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// struct sockaddr_can ends in a union that the socket's protocol decides on; the
// address itself does not say which member is meant.
const (
	canIfindex   = 4
	canRxID      = 8
	canTxID      = 12
	canJ1939Name = 8
	canJ1939PGN  = 16
	canJ1939Addr = 20
)

// SockaddrCAN makes a struct sockaddr_can for CAN_RAW and CAN_BCM: an interface,
// 0 for all of them.
func SockaddrCAN(ifindex int32) Sockaddr {
	sa := newSockaddr(unix.AF_CAN, unix.SizeofSockaddrCAN)
	sa.put32(canIfindex, uint32(ifindex))
	return sa
}

// SockaddrCANISOTP makes a struct sockaddr_can for CAN_ISOTP, with the CAN
// identifiers to receive and to send.
func SockaddrCANISOTP(ifindex int32, rxID, txID uint32) Sockaddr {
	sa := SockaddrCAN(ifindex)
	sa.put32(canRxID, rxID)
	sa.put32(canTxID, txID)
	return sa
}

// SockaddrCANJ1939 makes a struct sockaddr_can for CAN_J1939.
func SockaddrCANJ1939(ifindex int32, name uint64, pgn uint32, addr uint8) Sockaddr {
	sa := SockaddrCAN(ifindex)
	binary.NativeEndian.PutUint64(sa.raw.Data[canJ1939Name:], name)
	sa.put32(canJ1939PGN, pgn)
	sa.raw.Data[canJ1939Addr] = addr
	return sa
}

// CAN returns the interface of a struct sockaddr_can, whichever protocol; ok is
// false for any other family and for an address that is too short. CAN_RAW
// sockets have addresses that end there.
func (sa Sockaddr) CAN() (ifindex int32, ok bool) {
	if !sa.is(unix.AF_CAN, canIfindex+4) {
		return 0, false
	}
	return int32(sa.get32(canIfindex)), true
}

// CANISOTP returns the fields of a struct sockaddr_can as SockaddrCANISOTP takes
// them; ok is false for any other family and for an address that is too short.
func (sa Sockaddr) CANISOTP() (ifindex int32, rxID, txID uint32, ok bool) {
	if !sa.is(unix.AF_CAN, canTxID+4) {
		return 0, 0, 0, false
	}
	return int32(sa.get32(canIfindex)), sa.get32(canRxID), sa.get32(canTxID), true
}

// CANJ1939 returns the fields of a struct sockaddr_can as SockaddrCANJ1939 takes
// them; ok is false for any other family and for an address that is too short.
func (sa Sockaddr) CANJ1939() (ifindex int32, name uint64, pgn uint32, addr uint8, ok bool) {
	if !sa.is(unix.AF_CAN, canJ1939Addr+1) {
		return 0, 0, 0, 0, false
	}
	name = binary.NativeEndian.Uint64(sa.raw.Data[canJ1939Name:])
	return int32(sa.get32(canIfindex)), name, sa.get32(canJ1939PGN), sa.raw.Data[canJ1939Addr], true
}
