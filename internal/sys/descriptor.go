package sys

import "encoding/binary"

// Dup wraps dup(2).
func Dup(fd int) (int, Errno) {
	nfd, e := dup(fd)
	if Tracing() {
		trace("dup", nfd, e, num(fd))
	}
	return nfd, e
}

// Dup3 wraps dup3(2). Where the platform or x/sys has none it is ENOSYS.
func Dup3(fd, newfd, flags int) (int, Errno) {
	nfd, e := dup3(fd, newfd, flags)
	if Tracing() {
		trace("dup3", nfd, e, num(fd), num(newfd), num(flags))
	}
	return nfd, e
}

// Fcntl wraps fcntl(2) with an integer as argument.
func Fcntl(fd, cmd, arg int) (int, Errno) {
	v, e := fcntl(fd, cmd, arg)
	if Tracing() {
		trace(fcntlName, v, e, num(fd), num(cmd), num(arg))
	}
	return v, e
}

// Ioctl wraps ioctl(2) for a request that reads a value of len(value) bytes out
// of the kernel.
func Ioctl(fd int, request uint, value []byte) Errno {
	e := ioctl(fd, request, value)
	if Tracing() {
		trace("ioctl", 0, e, num(fd), Arg{Word: uintptr(request)}, bytesOut(value, len(value), e))
	}
	return e
}

// IoctlInt is Ioctl for a C int.
func IoctlInt(fd int, request uint) (int, Errno) {
	var value [4]byte
	if e := Ioctl(fd, request, value[:]); e != 0 {
		return 0, e
	}
	return int(int32(binary.NativeEndian.Uint32(value[:]))), 0
}
