//go:build darwin || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

// accept4 is not there on darwin, and x/sys has none for netbsd and openbsd.
func accept4(int, *RawSockaddr, int) (int, Errno) {
	return -1, unix.ENOSYS
}
