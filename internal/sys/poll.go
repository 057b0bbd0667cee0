package sys

import "golang.org/x/sys/unix"

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
