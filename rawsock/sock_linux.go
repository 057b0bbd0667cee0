package rawsock

import "golang.org/x/sys/unix"

const (
	sockNonblock = unix.SOCK_NONBLOCK
	sockFlags    = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC

	acceptInheritsNonblock = false
)
