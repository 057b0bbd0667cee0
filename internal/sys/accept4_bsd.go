//go:build dragonfly || freebsd

package sys

import "golang.org/x/sys/unix"

// accept4 has the exceptions of accept.
func accept4(fd int, sa *RawSockaddr, flags int) (int, Errno) {
	nfd, from, err := unix.Accept4(fd, flags)
	if err == nil {
		fromUnixSockaddr(sa, from)
	}
	return descriptor(nfd, err)
}
