package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// AppendUDPSegment appends UDP_SEGMENT: the data of this call is cut into
// datagrams of size bytes, the last one perhaps shorter, at most 64 of them (128
// since Linux 6.9) and no more than 64 KiB in all (EINVAL, EMSGSIZE). EIO where
// the interface has no checksum offload. Linux 4.18, udp(7).
func AppendUDPSegment(b []byte, size uint16) []byte {
	b, room := openCmsg(b, unix.SOL_UDP, unix.UDP_SEGMENT, 2)
	binary.NativeEndian.PutUint16(room, size)
	return b
}

// UDPGRO reads UDP_GRO, which the option of that name turns on: the data is
// several datagrams of size bytes in one, the last one perhaps shorter. Without
// this message it is one datagram. Linux 5.0.
//
// The kernel writes an int, though udp(7) says that it is a 16-bit number as
// UDP_SEGMENT is; both are read.
func (m Cmsg) UDPGRO() (size int, ok bool) {
	if m.sized(unix.SOL_UDP, unix.UDP_GRO, 2) {
		return int(binary.NativeEndian.Uint16(m.Data)), true
	}
	return m.int(unix.SOL_UDP, unix.UDP_GRO)
}

// TCPInq reads TCP_CM_INQ, which TCP_INQ turns on: how many bytes are left to
// read after this; 1 also if there are none and the peer has finished.
// Linux 4.18.
func (m Cmsg) TCPInq() (left int, ok bool) { return m.int(unix.SOL_TCP, unix.TCP_CM_INQ) }
