package sys

import "golang.org/x/sys/unix"

func dup(fd int) (int, Errno) {
	nfd, err := unix.Dup(fd)
	if err != nil {
		return -1, errnoOf(err)
	}
	return nfd, 0
}

func dup3(fd, newfd, flags int) (int, Errno) {
	if err := unix.Dup3(fd, newfd, flags); err != nil {
		return -1, errnoOf(err)
	}
	return newfd, 0
}

func fcntl(fd, cmd, arg int) (int, Errno) {
	v, err := unix.FcntlInt(uintptr(fd), cmd, arg)
	return v, errnoOf(err)
}

func ioctl(fd int, request uint, value []byte) Errno {
	_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(bytesPointer(value)))
	return e
}
