//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// fcntlName is for the record of the call.
const fcntlName = "fcntl"

func dup(fd int) (int, Errno) {
	return descriptor(unix.Dup(fd))
}

func fcntl(fd, cmd, arg int) (int, Errno) {
	v, err := unix.FcntlInt(uintptr(fd), cmd, arg)
	return v, errnoOf(err)
}

// ioctl serves a C int and is ENOSYS for other values.
func ioctl(fd int, request uint, value []byte) Errno {
	if len(value) != 4 {
		return unix.ENOSYS
	}
	v, err := unix.IoctlGetInt(fd, request)
	binary.NativeEndian.PutUint32(value, uint32(v))
	return errnoOf(err)
}
