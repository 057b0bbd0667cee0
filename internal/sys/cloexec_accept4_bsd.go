//go:build dragonfly || freebsd

package sys

import "golang.org/x/sys/unix"

// acceptCloexec accepts a connection, nonblocking and close-on-exec.
func acceptCloexec(fd int, sa *RawSockaddr, sleeps bool) (int, Errno) {
	return accept4(fd, sa, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
}
