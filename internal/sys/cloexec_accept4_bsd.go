//go:build dragonfly || freebsd

package sys

import "golang.org/x/sys/unix"

// acceptCloexec accepts a connection, nonblocking and close-on-exec.
func acceptCloexec(fd int, sa *RawSockaddr, sleeps bool) (int, Errno) {
	return accept4(fd, sa, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
}

// AcceptCloexec is Accept4 with SOCK_CLOEXEC.
func AcceptCloexec(fd int, sa *RawSockaddr) (int, Errno) {
	return Accept4(fd, sa, unix.SOCK_CLOEXEC)
}
