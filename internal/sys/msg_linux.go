package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Vectors is memory for an array of struct iovec. The zero value is ready; one
// that is used again allocates only for more buffers than ever before. It keeps
// no buffer alive after the call.
type Vectors struct{ iov []unix.Iovec }

// set describes buffers to the kernel.
func (v *Vectors) set(buffers [][]byte) []unix.Iovec {
	if len(buffers) == 0 {
		return nil
	}
	v.iov = vectorsIn(v.iov[:cap(v.iov)], buffers)
	return v.iov
}

func (v *Vectors) clear() { clear(v.iov) }

// header fills a struct msghdr. The memory it points at is the caller's, who
// keeps it alive. An address escapes here, as the compiler cannot see that msg
// does not: it is part of a message that is used again and again.
func header(msg *unix.Msghdr, sa *RawSockaddr, iov []unix.Iovec, control []byte) {
	msg.Name = (*byte)(sockaddrPointer(sa))
	msg.Namelen = uint32(sockaddrLen(sa))
	msg.Iov = unsafe.SliceData(iov)
	msg.SetIovlen(len(iov))
	if len(control) > 0 {
		msg.Control = unsafe.SliceData(control)
		msg.SetControllen(len(control))
	}
}

func sendmsg(fd int, to *RawSockaddr, buffers [][]byte, control []byte, flags int, v *Vectors) (int, Errno) {
	var msg unix.Msghdr
	header(&msg, to, v.set(buffers), control)
	raceReleaseIO()
	r, _, e := unix.Syscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)), uintptr(flags))
	v.clear()
	return sentBuffers(buffers, r, e)
}

func recvmsg(fd int, from *RawSockaddr, buffers [][]byte, control []byte, flags int, v *Vectors) (Received, Errno) {
	var msg unix.Msghdr
	openSockaddr(from)
	header(&msg, from, v.set(buffers), control)
	r, _, e := unix.Syscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)), uintptr(flags))
	v.clear()
	n, e := receivedBuffers(buffers, r, e)
	if e != 0 {
		return Received{}, e
	}
	if from != nil {
		from.Len = msg.Namelen
	}
	return Received{N: n, Control: min(int(msg.Controllen), len(control)), Flags: int(msg.Flags)}, 0
}

// sentBuffers and receivedBuffers are sent and received for several buffers.
func sentBuffers(buffers [][]byte, r uintptr, e Errno) (int, Errno) {
	if e != 0 {
		return 0, e
	}
	n := int(r)
	raceBuffers(buffers, n, raceReadRange)
	return n, 0
}

func receivedBuffers(buffers [][]byte, r uintptr, e Errno) (int, Errno) {
	if e != 0 {
		return 0, e
	}
	n := int(r)
	raceBuffers(buffers, n, raceWroteRange)
	raceAcquireIO()
	return n, 0
}
