package rawsock

import (
	"encoding/binary"
	"math/bits"
	"strconv"

	"golang.org/x/sys/unix"
)

// otherAddress is an address of a family that only Linux has.
func (l *line) otherAddress(family int, b []byte) bool {
	for _, row := range otherAddresses {
		if row.family == family && len(b) >= row.size {
			row.show(l, b)
			return true
		}
	}
	return false
}

var otherAddresses = [...]struct {
	family, size int
	show         func(l *line, b []byte)
}{
	{unix.AF_NETLINK, unix.SizeofSockaddrNetlink, (*line).netlinkAddress},
	{unix.AF_PACKET, unix.SizeofSockaddrLinklayer, (*line).packetAddress},
	{unix.AF_VSOCK, unix.SizeofSockaddrVM, (*line).vsockAddress},
	{unix.AF_ALG, unix.SizeofSockaddrALG - 64 + 1, (*line).algAddress},
	{unix.AF_QIPCRTR, 12, (*line).qrtrAddress},
	{unix.AF_XDP, unix.SizeofSockaddrXDP, (*line).xdpAddress},
}

func uint16At(b []byte) uint16 { return binary.NativeEndian.Uint16(b) }
func uint32At(b []byte) uint32 { return binary.NativeEndian.Uint32(b) }

func (l *line) netlinkAddress(b []byte) {
	if pad := uint16At(b[2:]); pad != 0 {
		l.field("nl_pad")
		l.hex(uint64(pad))
	}
	l.field("nl_pid")
	l.int(int64(int32At(b[4:])))
	l.field("nl_groups")
	l.mask(uint64(uint32At(b[8:])), 8)
}

// mask is C's %#0*x: width characters with the prefix, which zero does not have.
func (l *line) mask(v uint64, width int) {
	if v != 0 {
		l.str("0x")
		width -= 2
	}
	digits := max(bits.Len64(v)+3, 4) / 4
	for range width - digits {
		l.str("0")
	}
	l.b = strconv.AppendUint(l.b, v, 16)
}

func (l *line) packetAddress(b []byte) {
	l.field("sll_protocol")
	l.etherType(binary.BigEndian.Uint16(b[2:]))
	l.field("sll_ifindex")
	l.uint(uint64(uint32At(b[4:])))
	l.field("sll_hatype")
	l.name(int(uint16At(b[8:])), hardwareTypes[:], "ARPHRD_???")
	l.field("sll_pkttype")
	l.name(int(b[10]), packetTypes[:], "PACKET_???")
	l.field("sll_halen")
	l.uint(uint64(b[11]))
	if n := int(b[11]); n > 0 {
		l.field("sll_addr")
		l.hardwareAddress(b[12:], n)
	}
}

// hardwareAddress is n bytes, as far as b has them.
func (l *line) hardwareAddress(b []byte, n int) {
	l.str("[")
	for i := range n {
		if i > 0 {
			l.str(", ")
		}
		if i == len(b) {
			l.str("...")
			break
		}
		if b[i] == 0 {
			l.str("0")
		}
		l.hex(uint64(b[i]))
	}
	l.str("]")
}

func (l *line) etherType(v uint16) {
	l.str("htons(")
	l.name(int(v), etherTypes[:], "ETH_P_???")
	l.str(")")
}

func (l *line) vsockAddress(b []byte) {
	if reserved := uint16At(b[2:]); reserved != 0 {
		l.field("svm_reserved1")
		l.hex(uint64(reserved))
	}
	l.field("svm_cid")
	l.name(int(int32At(b[8:])), vsockCIDs[:], "")
	l.field("svm_port")
	l.name(int(int32At(b[4:])), vsockPorts[:], "")
	l.field("svm_flags")
	l.flags(uint64(b[12]), vsockFlagNames[:], "VMADDR_FLAG_???")
}

func (l *line) algAddress(b []byte) {
	l.field("salg_type")
	l.cString(b[2:16])
	l.algFlags("salg_feat", uint32At(b[16:]))
	l.algFlags("salg_mask", uint32At(b[20:]))
	l.field("salg_name")
	l.cString(b[24:])
}

// algFlags are internals of the kernel, and so shown as a number too.
func (l *line) algFlags(field string, v uint32) {
	l.field(field)
	l.hex(uint64(v))
	switch {
	case v&cryptoDriverOnly != 0:
		l.str(" /* ")
		l.flags(uint64(v), algFlagNames[:], "")
		l.str(" */")
	case v != 0:
		l.str(" /* CRYPTO_ALG_??? */")
	}
}

func (l *line) qrtrAddress(b []byte) {
	l.field("sq_node")
	l.name(int(int32At(b[4:])), qrtrNodes[:], "")
	l.field("sq_port")
	l.name(int(int32At(b[8:])), qrtrPorts[:], "")
}

func (l *line) xdpAddress(b []byte) {
	l.field("sxdp_flags")
	l.flags(uint64(uint16At(b[2:])), xdpFlagNames[:], "XDP_???")
	l.field("sxdp_ifindex")
	l.uint(uint64(uint32At(b[4:])))
	l.field("sxdp_queue_id")
	l.uint(uint64(uint32At(b[8:])))
	switch fd := uint32At(b[12:]); {
	case uint16At(b[2:])&unix.XDP_SHARED_UMEM != 0:
		l.field("sxdp_shared_umem_fd")
		l.int(int64(int32(fd)))
	case fd != 0:
		l.field("sxdp_shared_umem_fd")
		l.hex(uint64(fd))
	}
}

// familyProtocol is the third argument of socket(2) of a family that has names
// of its own.
func (l *line) familyProtocol(family, proto int) bool {
	switch family {
	case unix.AF_NETLINK:
		l.name(proto, netlinkProtocols[:], "NETLINK_???")
	case unix.AF_PACKET:
		l.etherType(binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, uint16(proto))))
	case unix.AF_CAN:
		l.name(proto, canProtocols[:], "CAN_???")
	case unix.AF_BLUETOOTH:
		l.name(proto, bluetoothProtocols[:], "BTPROTO_???")
	default:
		return false
	}
	return true
}
