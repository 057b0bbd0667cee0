package rawsock

import (
	"encoding/binary"
	"errors"
	"math"

	"golang.org/x/sys/unix"
)

// xsysOfSystem is xsys for the families that only Linux has.
func (sa *Sockaddr) xsysOfSystem() unix.Sockaddr {
	switch sa.family() {
	case unix.AF_PACKET:
		return sa.xsysPacket()
	case unix.AF_CAN:
		return sa.xsysCAN()
	case unix.AF_TIPC:
		return sa.xsysTIPC()
	case unix.AF_BLUETOOTH:
		return sa.xsysBluetooth()
	}
	if pid, groups, ok := sa.Netlink(); ok {
		return &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: pid, Groups: groups}
	}
	if cid, port, flags, ok := sa.Vsock(); ok {
		return &unix.SockaddrVM{CID: cid, Port: port, Flags: flags}
	}
	if typ, name, feature, mask, ok := sa.ALG(); ok && len(typ) <= MaxALGType && len(name) < sizeofALGName {
		return &unix.SockaddrALG{Type: typ, Name: name, Feature: feature, Mask: mask}
	}
	if ifindex, queue, flags, shared, ok := sa.XDP(); ok {
		return &unix.SockaddrXDP{Flags: flags, Ifindex: ifindex, QueueID: queue, SharedUmemFD: shared}
	}
	return nil
}

// sizeofALGName is sizeof(salg_name), NUL included.
const sizeofALGName = unix.SizeofSockaddrALG - algName

// onWire turns a protocol into what x/sys has, the number as it lies in memory in
// network order, and back.
func onWire(protocol uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], protocol)
	return binary.NativeEndian.Uint16(b[:])
}

func (sa *Sockaddr) xsysPacket() unix.Sockaddr {
	a, ok := sa.Packet()
	if !ok || a.Ifindex < 0 || a.Halen > 8 {
		return nil
	}
	return &unix.SockaddrLinklayer{
		Protocol: onWire(a.Protocol), Ifindex: int(a.Ifindex),
		Hatype: a.Hatype, Pkttype: a.Pkttype, Halen: a.Halen, Addr: [8]byte(a.Addr[:8]),
	}
}

// xsysCAN makes a J1939 address only of what no other protocol uses.
func (sa *Sockaddr) xsysCAN() unix.Sockaddr {
	ifindex, ok := sa.CAN()
	if !ok || ifindex < 0 {
		return nil
	}
	_, name, pgn, addr, ok := sa.CANJ1939()
	if ok && (pgn != 0 || addr != 0) {
		return &unix.SockaddrCANJ1939{Ifindex: int(ifindex), Name: name, PGN: pgn, Addr: addr}
	}
	return &unix.SockaddrCAN{Ifindex: int(ifindex), RxID: sa.get32(canRxID), TxID: sa.get32(canTxID)}
}

func (sa *Sockaddr) xsysTIPC() unix.Sockaddr {
	addrType, scope, words, ok := sa.TIPC()
	if !ok {
		return nil
	}
	u := &unix.SockaddrTIPC{Scope: int(scope)}
	switch addrType {
	case unix.TIPC_SERVICE_RANGE:
		u.Addr = &unix.TIPCServiceRange{Type: words[0], Lower: words[1], Upper: words[2]}
	case unix.TIPC_SERVICE_ADDR:
		u.Addr = &unix.TIPCServiceName{Type: words[0], Instance: words[1], Domain: words[2]}
	case unix.TIPC_SOCKET_ADDR:
		u.Addr = &unix.TIPCSocketAddr{Ref: words[0], Node: words[1]}
	default:
		return nil
	}
	return u
}

// xsysBluetooth minds that x/sys has the address of SockaddrRFCOMM as it lies in
// memory and that of SockaddrL2 as people write it.
func (sa *Sockaddr) xsysBluetooth() unix.Sockaddr {
	if addr, psm, cid, addrType, ok := sa.L2CAP(); ok {
		return &unix.SockaddrL2{PSM: psm, CID: cid, Addr: addr, AddrType: addrType}
	}
	if addr, channel, ok := sa.RFCOMM(); ok {
		return &unix.SockaddrRFCOMM{Addr: reversed(addr[:]), Channel: channel}
	}
	if dev, channel, ok := sa.HCI(); ok {
		return &unix.SockaddrHCI{Dev: dev, Channel: channel}
	}
	return nil
}

// sockaddrOfXsys is SockaddrFromUnix for the families that only Linux has.
func sockaddrOfXsys(u unix.Sockaddr) (Sockaddr, error) {
	switch u := u.(type) {
	case *unix.SockaddrLinklayer:
		if !fitsIfindex(u.Ifindex) || u.Halen > 8 {
			return Sockaddr{}, unix.EINVAL
		}
		a := PacketAddr{Protocol: onWire(u.Protocol), Ifindex: int32(u.Ifindex), Hatype: u.Hatype, Pkttype: u.Pkttype, Halen: u.Halen}
		copy(a.Addr[:], u.Addr[:])
		return SockaddrPacket(a)
	case *unix.SockaddrNetlink:
		sa := SockaddrNetlink(u.Pid, u.Groups)
		sa.put16(netlinkPad, u.Pad)
		return sa, nil
	case *unix.SockaddrVM:
		return SockaddrVsock(u.CID, u.Port, u.Flags), nil
	case *unix.SockaddrCAN:
		if !fitsIfindex(u.Ifindex) {
			return Sockaddr{}, unix.EINVAL
		}
		return SockaddrCANISOTP(int32(u.Ifindex), u.RxID, u.TxID), nil
	case *unix.SockaddrCANJ1939:
		if !fitsIfindex(u.Ifindex) {
			return Sockaddr{}, unix.EINVAL
		}
		return SockaddrCANJ1939(int32(u.Ifindex), u.Name, u.PGN, u.Addr), nil
	case *unix.SockaddrALG:
		if len(u.Type) > MaxALGType || len(u.Name) >= sizeofALGName {
			return Sockaddr{}, unix.EINVAL
		}
		return SockaddrALG(u.Type, u.Name, u.Feature, u.Mask)
	case *unix.SockaddrXDP:
		return SockaddrXDP(u.Ifindex, u.QueueID, u.Flags, u.SharedUmemFD), nil
	case *unix.SockaddrTIPC:
		return tipcOfXsys(u)
	case *unix.SockaddrL2:
		return SockaddrL2CAP(u.Addr, u.PSM, u.CID, u.AddrType), nil
	case *unix.SockaddrRFCOMM:
		return SockaddrRFCOMM(reversed(u.Addr[:]), u.Channel), nil
	case *unix.SockaddrHCI:
		return SockaddrHCI(u.Dev, u.Channel), nil
	}
	return Sockaddr{}, errors.ErrUnsupported
}

func tipcOfXsys(u *unix.SockaddrTIPC) (Sockaddr, error) {
	scope := int8(u.Scope)
	switch a := u.Addr.(type) {
	case *unix.TIPCServiceRange:
		return SockaddrTIPC(unix.TIPC_SERVICE_RANGE, scope, [3]uint32{a.Type, a.Lower, a.Upper}), nil
	case *unix.TIPCServiceName:
		return SockaddrTIPC(unix.TIPC_SERVICE_ADDR, scope, [3]uint32{a.Type, a.Instance, a.Domain}), nil
	case *unix.TIPCSocketAddr:
		return SockaddrTIPC(unix.TIPC_SOCKET_ADDR, scope, [3]uint32{a.Ref, a.Node}), nil
	}
	return Sockaddr{}, unix.EINVAL
}

func fitsIfindex(index int) bool { return index >= 0 && int64(index) <= math.MaxInt32 }
