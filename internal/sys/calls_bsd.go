//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The primitives of calls_linux.go, by the functions of golang.org/x/sys/unix:
// raw system calls are not allowed on darwin and openbsd. There are no raw forms
// here: rawSend and rawRecv are the same functions.

func socket(domain, typ, proto int) (int, Errno) {
	return descriptor(unix.Socket(domain, typ, proto))
}

func socketpair(domain, typ, proto int, fds *[2]int32) Errno {
	pair, err := unix.Socketpair(domain, typ, proto)
	fds[0], fds[1] = int32(pair[0]), int32(pair[1])
	return errnoOf(err)
}

// bind has no NULL address in x/sys; the kernel's answer to one is EINVAL.
func bind(fd int, sa *RawSockaddr) Errno {
	to, e := toUnixSockaddr(sa)
	if e != 0 {
		return e
	}
	if to == nil {
		return unix.EINVAL
	}
	return errnoOf(unix.Bind(fd, to))
}

func connect(fd int, sa *RawSockaddr) Errno {
	to, e := toUnixSockaddr(sa)
	if e != 0 {
		return e
	}
	if to == nil {
		return unix.EINVAL
	}
	return errnoOf(unix.Connect(fd, to))
}

func listen(fd, backlog int) Errno {
	return errnoOf(unix.Listen(fd, backlog))
}

const acceptIsAccept4 = false

// accept closes the new descriptor and fails with EAFNOSUPPORT if x/sys does not
// know the peer's family, and on darwin with ECONNABORTED if the peer has no
// address, which is how that kernel reports a connection that was reset.
func accept(fd int, sa *RawSockaddr) (int, Errno) {
	nfd, from, err := unix.Accept(fd)
	if err == nil {
		fromUnixSockaddr(sa, from)
	}
	return descriptor(nfd, err)
}

func getsockname(fd int, sa *RawSockaddr) Errno {
	name, err := unix.Getsockname(fd)
	if err == nil {
		fromUnixSockaddr(sa, name)
	}
	return errnoOf(err)
}

func getpeername(fd int, sa *RawSockaddr) Errno {
	name, err := unix.Getpeername(fd)
	if err == nil {
		fromUnixSockaddr(sa, name)
	}
	return errnoOf(err)
}

// sendto is sendmsg(2) with one buffer: x/sys has no sendto that returns a
// count.
func sendto(fd int, p []byte, flags int, to *RawSockaddr) (int, Errno) {
	sa, e := toUnixSockaddr(to)
	if e != 0 {
		return 0, e
	}
	raceReleaseIO()
	n, err := unix.SendmsgN(fd, p, nil, sa, flags)
	if err != nil {
		return 0, errnoOf(err)
	}
	raceReadRange(p, n)
	return n, 0
}

func rawSend(fd int, p []byte, flags int) (int, Errno) {
	return sendto(fd, p, flags, nil)
}

// recvfrom loses a sender's address of a family that x/sys does not know, but
// not the data: then x/sys gives a count together with its error.
func recvfrom(fd int, p []byte, flags int, from *RawSockaddr) (int, Errno) {
	n, sa, err := unix.Recvfrom(fd, p, flags)
	if n < 0 {
		return 0, errnoOf(err)
	}
	fromUnixSockaddr(from, sa)
	raceWroteRange(p, n)
	raceAcquireIO()
	return n, 0
}

func rawRecv(fd int, p []byte, flags int) (int, Errno) {
	return recvfrom(fd, p, flags, nil)
}

func read(fd int, p []byte) (int, Errno) {
	n, err := unix.Read(fd, p)
	return max(n, 0), errnoOf(err)
}

func write(fd int, p []byte) (int, Errno) {
	n, err := unix.Write(fd, p)
	return max(n, 0), errnoOf(err)
}

func shutdown(fd, how int) Errno {
	return errnoOf(unix.Shutdown(fd, how))
}

func closefd(fd int) Errno {
	return errnoOf(unix.Close(fd))
}

// FIONBIO is FIONBIO of <sys/filio.h>, _IOW('f', 126, int), which x/sys lacks.
const FIONBIO = 0x8004667e

func setNonblock(fd int, on bool) Errno {
	flag := 0
	if on {
		flag = 1
	}
	return errnoOf(unix.IoctlSetPointerInt(fd, FIONBIO, flag))
}

// getsockopt serves the sizes for which x/sys has a type, and is ENOSYS for
// others. The count is len(value), as x/sys does not tell the kernel's.
func getsockopt(fd, level, name int, value []byte) (int, Errno) {
	switch len(value) {
	case 1:
		v, err := unix.GetsockoptByte(fd, level, name)
		return option(value, &v, err)
	case 4:
		v, err := unix.GetsockoptInet4Addr(fd, level, name)
		return option(value, &v, err)
	case 8:
		v, err := unix.GetsockoptUint64(fd, level, name)
		return option(value, &v, err)
	case int(unsafe.Sizeof(unix.IPv6Mreq{})):
		v, err := unix.GetsockoptIPv6Mreq(fd, level, name)
		return option(value, v, err)
	case int(unsafe.Sizeof(unix.ICMPv6Filter{})):
		v, err := unix.GetsockoptICMPv6Filter(fd, level, name)
		return option(value, v, err)
	}
	if len(value) == int(unsafe.Sizeof(unix.Timeval{})) {
		v, err := unix.GetsockoptTimeval(fd, level, name)
		return option(value, v, err)
	}
	return 0, unix.ENOSYS
}

// option copies the memory of an option's value, which has len(value) bytes.
func option[T any](value []byte, v *T, err error) (int, Errno) {
	if err != nil {
		return 0, errnoOf(err)
	}
	return copy(value, unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))), 0
}

func setsockopt(fd, level, name int, value []byte) Errno {
	return errnoOf(unix.SetsockoptString(fd, level, name, string(value)))
}

// setsockoptNull: x/sys has no NULL value.
func setsockoptNull(int, int, int, int) Errno { return unix.ENOSYS }
