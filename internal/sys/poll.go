package sys

import (
	"time"

	"golang.org/x/sys/unix"
)

// poll(2)'s numbers, the same on every system that this module builds for, and
// the same as epoll's.
const (
	POLLIN   = unix.POLLIN
	POLLPRI  = unix.POLLPRI
	POLLOUT  = unix.POLLOUT
	POLLERR  = unix.POLLERR
	POLLHUP  = unix.POLLHUP
	POLLNVAL = unix.POLLNVAL
)

// Poll wraps poll(2); msec below 0 waits without end.
func Poll(fds []PollFd, msec int) (int, Errno) {
	if Tracing() {
		return tracePoll(fds, msec)
	}
	return poll(fds, msec)
}

// Ppoll wraps ppoll(2): timeout nil waits without end, and the kernel leaves
// in it what was not waited.
func Ppoll(fds []PollFd, timeout *time.Duration, mask *Sigset) (int, Errno) {
	if Tracing() {
		return tracePpoll(fds, timeout, mask)
	}
	return ppollMask(fds, timeout, mask)
}
