package sys

import (
	"encoding/binary"
	"unsafe"
)

// The records of calls that are made in more than one place.

func traceAccept(fd int, sa *RawSockaddr, nfd int, e Errno) {
	if acceptIsAccept4 {
		traceAccept4(fd, sa, 0, nfd, e)
		return
	}
	addr, size := addrOut(sa, e)
	trace("accept", nfd, e, num(fd), addr, size)
}

func traceAccept4(fd int, sa *RawSockaddr, flags, nfd int, e Errno) {
	addr, size := addrOut(sa, e)
	trace("accept4", nfd, e, num(fd), addr, size, num(flags))
}

func traceSocketpair(domain, typ, proto int, fds *[2]int32, e Errno) {
	pair := Arg{Word: uintptr(unsafe.Pointer(fds))}
	if e == 0 {
		pair.Out = nativeInts(int(fds[0]), int(fds[1]))
	}
	trace("socketpair", 0, e, num(domain), num(typ), num(proto), pair)
}

// traceTo is for bind and connect, traceName for getsockname and getpeername.

func traceTo(call string, fd int, sa *RawSockaddr, e Errno) {
	addr, size := addrIn(sa)
	trace(call, 0, e, num(fd), addr, size)
}

func traceName(call string, fd int, sa *RawSockaddr, e Errno) {
	addr, size := addrOut(sa, e)
	trace(call, 0, e, num(fd), addr, size)
}

func traceSendto(fd int, p []byte, flags int, to *RawSockaddr, n int, e Errno) {
	addr, size := addrIn(to)
	trace("sendto", n, e, num(fd), bytesIn(p), num(len(p)), num(flags), addr, size)
}

func traceRecvfrom(fd int, p []byte, flags int, from *RawSockaddr, n int, e Errno) {
	addr, size := addrOut(from, e)
	trace("recvfrom", n, e, num(fd), bytesOut(p, n, e), num(len(p)), num(flags), addr, size)
}

func traceRead(fd int, p []byte, n int, e Errno) {
	trace("read", n, e, num(fd), bytesOut(p, n, e), num(len(p)))
}

func traceWrite(fd int, p []byte, n int, e Errno) {
	trace("write", n, e, num(fd), bytesIn(p), num(len(p)))
}

// traceGetsockopt: a failed call leaves the length alone.
func traceGetsockopt(fd, level, name int, value []byte, n int, e Errno) {
	size := Arg{Word: unknown, In: nativeInts(len(value)), Out: nativeInts(n)}
	trace("getsockopt", 0, e, num(fd), num(level), num(name), bytesOut(value, n, e), size)
}

func traceSetsockopt(fd, level, name int, value []byte, e Errno) {
	trace("setsockopt", 0, e, num(fd), num(level), num(name), bytesIn(value), num(len(value)))
}

func traceNonblock(fd int, on bool, e Errno) {
	flag := 0
	if on {
		flag = 1
	}
	trace("ioctl", 0, e, num(fd), Arg{Word: FIONBIO}, Arg{Word: unknown, In: nativeInts(flag)})
}

// nativeInts is the memory of C ints.
func nativeInts(v ...int) (b []byte) {
	for _, i := range v {
		b = binary.NativeEndian.AppendUint32(b, uint32(i))
	}
	return b
}

// pollBytes is the memory of fds.
func pollBytes(fds []PollFd) []byte {
	b := []byte{}
	for i := range fds {
		b, _ = binary.Append(b, binary.NativeEndian, &fds[i])
	}
	return b
}

// timespecIn is a struct timespec that the call reads, both fields of 64 bits; of
// what is negative the seconds are.
func timespecIn(ns int64) Arg {
	sec, nsec := ns/1e9, ns%1e9
	if nsec < 0 {
		sec, nsec = sec-1, nsec+1e9
	}
	b := binary.NativeEndian.AppendUint64(nil, uint64(sec))
	return Arg{Word: unknown, In: binary.NativeEndian.AppendUint64(b, uint64(nsec))}
}
