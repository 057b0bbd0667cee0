package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// The families of Linux beyond inet, inet6 and unix. Where a family has several
// forms, the first that says all of an address is its text.
var sockaddrForms = [...]sockaddrForm{
	{"packet", unix.AF_PACKET, unix.SizeofSockaddrLinklayer, 0, []formField{
		{"if", packetIfindex, index{}},
		{"protocol", packetProtocol, unsigned{2, 16, binary.BigEndian}},
		{"hatype", packetHatype, decimal16},
		{"pkttype", packetPkttype, decimal8},
		{"addr", packetHalen, hardware{}},
	}},
	{"netlink", unix.AF_NETLINK, unix.SizeofSockaddrNetlink, 0, []formField{
		{"pid", netlinkPid, decimal32},
		{"groups", netlinkGroups, hex32},
	}},
	{"vsock", unix.AF_VSOCK, unix.SizeofSockaddrVM, 0, []formField{
		{"cid", vsockCID, decimal32},
		{"port", vsockPort, decimal32},
		{"flags", vsockFlags, hex8},
	}},
	{"can", unix.AF_CAN, unix.SizeofSockaddrCAN, 0, []formField{
		{"if", canIfindex, index{}},
		{"rx", canRxID, hex32},
		{"tx", canTxID, hex32},
	}},
	{"can-j1939", unix.AF_CAN, unix.SizeofSockaddrCAN, 0, []formField{
		{"if", canIfindex, index{}},
		{"name", canJ1939Name, unsigned{8, 16, binary.NativeEndian}},
		{"pgn", canJ1939PGN, hex32},
		{"addr", canJ1939Addr, hex8},
	}},
	{"alg", unix.AF_ALG, unix.SizeofSockaddrALG, 0, []formField{
		{"type", algType, chars{MaxALGType}},
		{"name", algName, chars{MaxALGName}},
		{"feat", algFeature, hex32},
		{"mask", algMask, hex32},
	}},
	{"tipc-range", unix.AF_TIPC, unix.SizeofSockaddrTIPC, unix.TIPC_SERVICE_RANGE, []formField{
		{"scope", tipcScope, signed8{}},
		{"type", tipcAddr, decimal32},
		{"lower", tipcAddr + 4, decimal32},
		{"upper", tipcAddr + 8, decimal32},
	}},
	{"tipc-service", unix.AF_TIPC, unix.SizeofSockaddrTIPC, unix.TIPC_SERVICE_ADDR, []formField{
		{"scope", tipcScope, signed8{}},
		{"type", tipcAddr, decimal32},
		{"instance", tipcAddr + 4, decimal32},
		{"domain", tipcAddr + 8, decimal32},
	}},
	{"tipc-socket", unix.AF_TIPC, unix.SizeofSockaddrTIPC, unix.TIPC_SOCKET_ADDR, []formField{
		{"scope", tipcScope, signed8{}},
		{"ref", tipcAddr, decimal32},
		{"node", tipcAddr + 4, decimal32},
	}},
	{"qipcrtr", unix.AF_QIPCRTR, sizeofQRTR, 0, []formField{
		{"node", qrtrNode, decimal32},
		{"port", qrtrPort, decimal32},
	}},
	{"xdp", unix.AF_XDP, unix.SizeofSockaddrXDP, 0, []formField{
		{"if", xdpIfindex, index{}},
		{"queue", xdpQueueID, decimal32},
		{"flags", xdpFlags, unsigned{2, 16, binary.NativeEndian}},
		{"shared", xdpSharedFD, decimal32},
	}},
	{"l2cap", unix.AF_BLUETOOTH, unix.SizeofSockaddrL2, 0, []formField{
		{"addr", l2Addr, bluetooth{}},
		{"psm", l2PSM, unsigned{2, 10, binary.LittleEndian}},
		{"cid", l2CID, unsigned{2, 10, binary.LittleEndian}},
		{"type", l2AddrType, decimal8},
	}},
	{"rfcomm", unix.AF_BLUETOOTH, unix.SizeofSockaddrRFCOMM, 0, []formField{
		{"addr", rfcommAddr, bluetooth{}},
		{"channel", rfcommChannel, decimal8},
	}},
	{"hci", unix.AF_BLUETOOTH, unix.SizeofSockaddrHCI, 0, []formField{
		{"dev", hciDev, decimal16},
		{"channel", hciChannel, decimal16},
	}},
	{"sco", unix.AF_BLUETOOTH, sizeofSCO, 0, []formField{
		{"addr", scoAddr, bluetooth{}},
	}},
}
