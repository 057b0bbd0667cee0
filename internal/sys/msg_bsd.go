//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

// Vectors is memory that x/sys does not let a caller lend.
type Vectors struct{}

// sendmsg sends one byte of its own if there is control data and no other byte:
// x/sys does so.
func sendmsg(fd int, to *RawSockaddr, buffers [][]byte, control []byte, flags int, _ *Vectors) (int, Errno) {
	sa, e := toUnixSockaddr(to)
	if e != 0 {
		return 0, e
	}
	raceReleaseIO()
	n, err := unix.SendmsgBuffers(fd, buffers, control, sa, flags)
	if err != nil {
		return 0, errnoOf(err)
	}
	raceBuffers(buffers, n, raceReadRange)
	return n, 0
}

// recvmsg loses what recvfrom loses, and takes one byte of its own as sendmsg.
func recvmsg(fd int, from *RawSockaddr, buffers [][]byte, control []byte, flags int, _ *Vectors) (Received, Errno) {
	n, oobn, recvflags, sa, err := unix.RecvmsgBuffers(fd, buffers, control, flags)
	if n < 0 {
		return Received{}, errnoOf(err)
	}
	fromUnixSockaddr(from, sa)
	raceBuffers(buffers, n, raceWroteRange)
	raceAcquireIO()
	return Received{N: n, Control: oobn, Flags: recvflags}, 0
}
