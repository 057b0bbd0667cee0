package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// AppendMark appends SO_MARK: the mark of this one packet. It needs CAP_NET_ADMIN
// or CAP_NET_RAW (EPERM). Linux 4.4 for packet sockets, 5.4 for UDP and raw IP.
func AppendMark(b []byte, mark uint32) []byte {
	return appendUint32(b, unix.SOL_SOCKET, unix.SO_MARK, mark)
}

// Mark reads SO_MARK, which SO_RCVMARK turns on. Linux 5.19.
func (m Cmsg) Mark() (mark uint32, ok bool) { return m.uint32(unix.SOL_SOCKET, unix.SO_MARK) }

// AppendPriority appends SO_PRIORITY: the queueing priority of this one packet,
// an int; above 6 it needs CAP_NET_ADMIN or CAP_NET_RAW (EPERM). Linux 6.14.
func AppendPriority(b []byte, priority int) []byte {
	return appendUint32(b, unix.SOL_SOCKET, unix.SO_PRIORITY, uint32(priority))
}

// Priority reads SO_PRIORITY, which SO_RCVPRIORITY turns on. Linux 6.14.
func (m Cmsg) Priority() (priority int, ok bool) { return m.int(unix.SOL_SOCKET, unix.SO_PRIORITY) }

// RxqOvfl reads SO_RXQ_OVFL, which the option of that name turns on: how many
// datagrams this socket had dropped for want of room when this one was queued,
// since it was made, modulo 2^32. Without a drop there is no message.
// Linux 2.6.33.
func (m Cmsg) RxqOvfl() (dropped uint32, ok bool) { return m.uint32(unix.SOL_SOCKET, unix.SO_RXQ_OVFL) }

// AppendTxtime appends SCM_TXTIME: when this one packet shall leave, in
// nanoseconds of the clock that SO_TXTIME named. It takes effect with the etf or
// fq queueing discipline (tc-etf(8)). EINVAL without SO_TXTIME. Linux 4.19.
func AppendTxtime(b []byte, nanoseconds uint64) []byte {
	b, room := openCmsg(b, unix.SOL_SOCKET, unix.SCM_TXTIME, 8)
	binary.NativeEndian.PutUint64(room, nanoseconds)
	return b
}
