//go:build dragonfly || freebsd

package sys

import "golang.org/x/sys/unix"

func dup3(fd, newfd, flags int) (int, Errno) {
	return descriptor(newfd, unix.Dup3(fd, newfd, flags))
}
