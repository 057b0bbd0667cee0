package rawsock

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

// Timestamp reads what SO_TIMESTAMP and SO_TIMESTAMPNS turn on: when the kernel
// took the datagram from the interface, in microseconds or nanoseconds. On a TCP
// socket it belongs to the last byte read.
//
// Both layouts are read: the old one, which has longs, and SO_TIMESTAMP_NEW and
// SO_TIMESTAMPNS_NEW (Linux 5.1), which 32-bit programs need after 2038.
func (m Cmsg) Timestamp() (time.Time, bool) {
	if m.Level != unix.SOL_SOCKET || len(m.Data) != 8 && len(m.Data) != 16 {
		return time.Time{}, false
	}
	switch m.Type {
	case unix.SO_TIMESTAMP_OLD, unix.SO_TIMESTAMP_NEW:
		sec, usec := kernelTime(m.Data)
		return time.Unix(sec, usec*int64(time.Microsecond)), true
	case unix.SO_TIMESTAMPNS_OLD, unix.SO_TIMESTAMPNS_NEW:
		return time.Unix(kernelTime(m.Data)), true
	}
	return time.Time{}, false
}

// Timestamps is a struct scm_timestamping
// (Documentation/networking/timestamping.rst). A time that was not taken is the
// zero time.
type Timestamps struct {
	Software time.Time // by the kernel
	Legacy   time.Time // not used any more
	Hardware time.Time // by the network card, of its own clock
}

// Timestamping reads SCM_TIMESTAMPING, which SO_TIMESTAMPING turns on, in both
// layouts. From the error queue it is the time of sending: see [FD.RecvErr].
// Linux 2.6.30; SO_TIMESTAMPING_NEW 5.1.
func (m Cmsg) Timestamping() (ts Timestamps, ok bool) {
	if !m.Is(unix.SOL_SOCKET, unix.SO_TIMESTAMPING_OLD) && !m.Is(unix.SOL_SOCKET, unix.SO_TIMESTAMPING_NEW) ||
		len(m.Data) != 3*8 && len(m.Data) != 3*16 {
		return ts, false
	}
	size := len(m.Data) / 3
	for i, t := range [...]*time.Time{&ts.Software, &ts.Legacy, &ts.Hardware} {
		if sec, nsec := kernelTime(m.Data[size*i : size*(i+1)]); sec != 0 || nsec != 0 {
			*t = time.Unix(sec, nsec)
		}
	}
	return ts, true
}

// TimestampingPktinfo reads SCM_TIMESTAMPING_PKTINFO, which
// SOF_TIMESTAMPING_OPT_PKTINFO turns on: the interface that took a hardware
// timestamp, and the length of the packet there. Linux 4.13.
func (m Cmsg) TimestampingPktinfo() (ifindex, length uint32, ok bool) {
	if !m.sized(unix.SOL_SOCKET, unix.SCM_TIMESTAMPING_PKTINFO, 16) {
		return 0, 0, false
	}
	return binary.NativeEndian.Uint32(m.Data), binary.NativeEndian.Uint32(m.Data[4:]), true
}

// AppendTimestamping appends SO_TIMESTAMPING: which times of sending to take of
// this one packet, a set of SOF_TIMESTAMPING_TX_…; any other bit is EINVAL. The
// times come by the error queue if the socket has SO_TIMESTAMPING. Linux 4.7.
func AppendTimestamping(b []byte, flags uint32) []byte {
	return appendUint32(b, unix.SOL_SOCKET, unix.SO_TIMESTAMPING_OLD, flags)
}

// AppendTimestampID appends SCM_TS_OPT_ID: the number under which the times of
// sending of this one datagram come back, instead of the kernel's count. EINVAL
// if the socket has no SOF_TIMESTAMPING_OPT_ID or is not UDP. Linux 6.13.
func AppendTimestampID(b []byte, id uint32) []byte {
	return appendUint32(b, unix.SOL_SOCKET, unix.SCM_TS_OPT_ID, id)
}

// kernelTime reads a pair of seconds and their fraction, each half of b: a struct
// timeval or timespec of one layout or the other.
func kernelTime(b []byte) (sec, fraction int64) {
	if len(b) == 8 {
		return int64(int32(binary.NativeEndian.Uint32(b))), int64(int32(binary.NativeEndian.Uint32(b[4:])))
	}
	return int64(binary.NativeEndian.Uint64(b)), int64(binary.NativeEndian.Uint64(b[8:]))
}
