//go:build darwin || openbsd

package sys

import "golang.org/x/sys/unix"

func readv(fd int, buffers [][]byte) (int, Errno) {
	n, err := unix.Readv(fd, buffers)
	return max(n, 0), errnoOf(err)
}

func writev(fd int, buffers [][]byte) (int, Errno) {
	n, err := unix.Writev(fd, buffers)
	return max(n, 0), errnoOf(err)
}
