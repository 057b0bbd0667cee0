package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// ExtendedErr is a struct sock_extended_err and the address after it (ip(7),
// IP_RECVERR): one entry of a socket's error queue. Origin says what it is and so
// what the other fields mean:
//
//	SO_EE_ORIGIN_LOCAL         the kernel here; Info is the path MTU for EMSGSIZE
//	SO_EE_ORIGIN_ICMP, _ICMP6  an ICMP message; Type, Code and Offender are its own
//	SO_EE_ORIGIN_TIMESTAMPING  a time of sending: TxTimestamp
//	SO_EE_ORIGIN_ZEROCOPY      buffers that may be used again: Zerocopy
//	SO_EE_ORIGIN_TXTIME        a packet that was not sent in time: Txtime
type ExtendedErr struct {
	Errno              unix.Errno
	Origin, Type, Code uint8
	Info, Data         uint32
	Offender           Sockaddr // who sent the ICMP message; zero if nobody did
}

const sizeofExtendedErr = 16

// ExtendedErr reads the entry of an error queue from the control data of a
// recvmsg(2) with MSG_ERRQUEUE: IP_RECVERR, IPV6_RECVERR, or what packet and
// vsock sockets have for it. Linux 2.2.
func (m Cmsg) ExtendedErr() (e ExtendedErr, ok bool) {
	if !m.isErr() || len(m.Data) < sizeofExtendedErr {
		return e, false
	}
	e = ExtendedErr{
		Errno:  unix.Errno(binary.NativeEndian.Uint32(m.Data)),
		Origin: m.Data[4],
		Type:   m.Data[5],
		Code:   m.Data[6],
		Info:   binary.NativeEndian.Uint32(m.Data[8:]),
		Data:   binary.NativeEndian.Uint32(m.Data[12:]),
	}
	if sa := sockaddrOf(m.Data[sizeofExtendedErr:]); sa.family() != unix.AF_UNSPEC {
		e.Offender = sa
	}
	return e, true
}

// vsockRecverr is VSOCK_RECVERR of linux/vm_sockets.h, which x/sys does not have.
const vsockRecverr = 1

func (m Cmsg) isErr() bool {
	return m.Is(unix.SOL_IP, unix.IP_RECVERR) || m.Is(unix.SOL_IPV6, unix.IPV6_RECVERR) ||
		m.Is(unix.SOL_PACKET, unix.PACKET_TX_TIMESTAMP) || m.Is(unix.SOL_VSOCK, vsockRecverr)
}

// TxTimestamp returns which time of sending came with e, SCM_TSTAMP_SND, _SCHED
// or _ACK, and of which packet: its number with SOF_TIMESTAMPING_OPT_ID, 0
// without.
func (e ExtendedErr) TxTimestamp() (kind, id uint32, ok bool) {
	if e.Origin != unix.SO_EE_ORIGIN_TIMESTAMPING {
		return 0, 0, false
	}
	return e.Info, e.Data, true
}

// Txtime returns when a packet with SCM_TXTIME should have left, in nanoseconds,
// if it was dropped: Code is SO_EE_CODE_TXTIME_MISSED or _INVALID_PARAM. Sent
// only with SOF_TXTIME_REPORT_ERRORS. Linux 4.19.
func (e ExtendedErr) Txtime() (nanoseconds uint64, ok bool) {
	if e.Origin != unix.SO_EE_ORIGIN_TXTIME {
		return 0, false
	}
	return uint64(e.Data)<<32 | uint64(e.Info), true
}

// RFC4884 returns where the extensions of an ICMP message begin in the payload,
// if the socket has IP_RECVERR_RFC4884 or IPV6_RECVERR_RFC4884, and whether they
// are well formed; 0 is that there are none. Linux 5.9.
func (e ExtendedErr) RFC4884() (offset int, valid bool) {
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], e.Data)
	return int(binary.NativeEndian.Uint16(b[:])), b[2]&unix.SO_EE_RFC4884_FLAG_INVALID == 0
}
