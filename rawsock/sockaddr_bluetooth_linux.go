package rawsock

import (
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"
)

// BDAddr is a Bluetooth device address in the order in which people write it;
// bdaddr_t of the kernel is the other way round.
type BDAddr [6]byte

// The protocols of AF_BLUETOOTH have a struct each. The family is the same, but
// their sizes differ, and by these they are told apart. x/sys has no struct
// sockaddr_sco.
const (
	l2PSM         = 2
	l2Addr        = 4
	l2CID         = 10
	l2AddrType    = 12
	rfcommAddr    = 2
	rfcommChannel = 8
	hciDev        = 2
	hciChannel    = 4
	scoAddr       = 2
	sizeofSCO     = 8
)

// SockaddrL2CAP makes a struct sockaddr_l2. addrType is BDADDR_BREDR,
// BDADDR_LE_PUBLIC or BDADDR_LE_RANDOM.
func SockaddrL2CAP(addr BDAddr, psm, cid uint16, addrType uint8) Sockaddr {
	sa := newSockaddr(unix.AF_BLUETOOTH, unix.SizeofSockaddrL2)
	binary.LittleEndian.PutUint16(sa.raw.Data[l2PSM:], psm)
	sa.putBDAddr(l2Addr, addr)
	binary.LittleEndian.PutUint16(sa.raw.Data[l2CID:], cid)
	sa.raw.Data[l2AddrType] = addrType
	return sa
}

// L2CAP returns the fields of a struct sockaddr_l2; ok is false for any other
// address.
func (sa Sockaddr) L2CAP() (addr BDAddr, psm, cid uint16, addrType uint8, ok bool) {
	if !sa.isBluetooth(unix.SizeofSockaddrL2) {
		return addr, 0, 0, 0, false
	}
	psm = binary.LittleEndian.Uint16(sa.raw.Data[l2PSM:])
	cid = binary.LittleEndian.Uint16(sa.raw.Data[l2CID:])
	return sa.bdAddr(l2Addr), psm, cid, sa.raw.Data[l2AddrType], true
}

// SockaddrRFCOMM makes a struct sockaddr_rc.
func SockaddrRFCOMM(addr BDAddr, channel uint8) Sockaddr {
	sa := newSockaddr(unix.AF_BLUETOOTH, unix.SizeofSockaddrRFCOMM)
	sa.putBDAddr(rfcommAddr, addr)
	sa.raw.Data[rfcommChannel] = channel
	return sa
}

// RFCOMM returns the fields of a struct sockaddr_rc; ok is false for any other
// address.
func (sa Sockaddr) RFCOMM() (addr BDAddr, channel uint8, ok bool) {
	if !sa.isBluetooth(unix.SizeofSockaddrRFCOMM) {
		return addr, 0, false
	}
	return sa.bdAddr(rfcommAddr), sa.raw.Data[rfcommChannel], true
}

// SockaddrHCI makes a struct sockaddr_hci: a device, or HCI_DEV_NONE, and a
// channel such as HCI_CHANNEL_RAW.
func SockaddrHCI(dev, channel uint16) Sockaddr {
	sa := newSockaddr(unix.AF_BLUETOOTH, unix.SizeofSockaddrHCI)
	sa.put16(hciDev, dev)
	sa.put16(hciChannel, channel)
	return sa
}

// HCI returns the fields of a struct sockaddr_hci; ok is false for any other
// address.
func (sa Sockaddr) HCI() (dev, channel uint16, ok bool) {
	if !sa.isBluetooth(unix.SizeofSockaddrHCI) {
		return 0, 0, false
	}
	return sa.get16(hciDev), sa.get16(hciChannel), true
}

// SockaddrSCO makes a struct sockaddr_sco.
func SockaddrSCO(addr BDAddr) Sockaddr {
	sa := newSockaddr(unix.AF_BLUETOOTH, sizeofSCO)
	sa.putBDAddr(scoAddr, addr)
	return sa
}

// SCO returns the field of a struct sockaddr_sco; ok is false for any other
// address.
func (sa Sockaddr) SCO() (addr BDAddr, ok bool) {
	if !sa.isBluetooth(sizeofSCO) {
		return addr, false
	}
	return sa.bdAddr(scoAddr), true
}

func (sa *Sockaddr) isBluetooth(size int) bool {
	return sa.family() == unix.AF_BLUETOOTH && sa.Len() == size
}

func (sa *Sockaddr) putBDAddr(at int, addr BDAddr) {
	addr = reversed(addr[:])
	copy(sa.raw.Data[at:], addr[:])
}

func (sa *Sockaddr) bdAddr(at int) BDAddr { return reversed(sa.raw.Data[at:]) }

// reversed turns the bytes of a device address round.
func reversed(b []byte) (addr BDAddr) {
	copy(addr[:], b)
	slices.Reverse(addr[:])
	return addr
}
