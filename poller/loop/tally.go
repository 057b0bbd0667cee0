package loop

import (
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// IO is what the loop did on one connection: its calls of recv, of send and
// sendmsg together, and their bytes. Again and Errors are among the calls.
type IO struct {
	Recv       uint64 `json:"recv"`
	RecvBytes  uint64 `json:"recv_bytes"`
	RecvAgain  uint64 `json:"recv_again"`  // EAGAIN
	RecvErrors uint64 `json:"recv_errors"` // every other errno
	Send       uint64 `json:"send"`
	SendBytes  uint64 `json:"send_bytes"`
	SendAgain  uint64 `json:"send_again"`
	SendErrors uint64 `json:"send_errors"`
}

// IO returns the counts of the connection if Config.CountIO is set. In OnClose
// they are complete; afterwards, and without CountIO, they are zero.
func (c Conn) IO() IO {
	if s := c.s; s != nil && s.gen == c.gen && s.loop.tally != nil {
		return *s.loop.tally.of(s.fd)
	}
	return IO{}
}

// tally is a Kernel that also counts by descriptor. A loop has one only if it
// is asked to count, so not counting costs nothing.
type tally struct {
	sys.Kernel
	io []IO // by descriptor
}

func (k *tally) of(fd int) *IO {
	if fd >= len(k.io) {
		k.io = append(k.io, make([]IO, max(fd+1-len(k.io), len(k.io), 64))...)
	}
	return &k.io[fd]
}

func (k *tally) Recv(fd int, p []byte) (int, sys.Errno) {
	n, e := k.Kernel.Recv(fd, p)
	io := k.of(fd)
	count(n, e, &io.Recv, &io.RecvBytes, &io.RecvAgain, &io.RecvErrors)
	return n, e
}

func (k *tally) Send(fd int, p []byte) (int, sys.Errno) {
	n, e := k.Kernel.Send(fd, p)
	k.sent(fd, n, e)
	return n, e
}

func (k *tally) Sendv(fd int, bufs [][]byte) (int, sys.Errno) {
	n, e := k.Kernel.Sendv(fd, bufs)
	k.sent(fd, n, e)
	return n, e
}

func (k *tally) sent(fd, n int, e sys.Errno) {
	io := k.of(fd)
	count(n, e, &io.Send, &io.SendBytes, &io.SendAgain, &io.SendErrors)
}

func count(n int, e sys.Errno, calls, bytes, again, errors *uint64) {
	*calls++
	switch e {
	case 0:
		*bytes += uint64(n)
	case unix.EAGAIN:
		*again++
	default:
		*errors++
	}
}

// Close forgets the counts of a descriptor: its number will be another's.
func (k *tally) Close(fd int) sys.Errno {
	*k.of(fd) = IO{}
	return k.Kernel.Close(fd)
}
