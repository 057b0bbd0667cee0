package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// fewVectors is for how many buffers the calls that borrow no Vectors allocate
// nothing: that many struct iovec are on the stack.
const fewVectors = 16

// vectorsIn describes buffers to the kernel in few if they fit; no buffers are
// a NULL array.
func vectorsIn(few []unix.Iovec, buffers [][]byte) []unix.Iovec {
	if len(buffers) == 0 {
		return nil
	}
	iov := few
	if len(buffers) > len(few) {
		iov = make([]unix.Iovec, len(buffers))
	}
	iov = iov[:len(buffers)]
	for i, b := range buffers {
		iov[i].Base = (*byte)(bytesPointer(b))
		iov[i].SetLen(len(b))
	}
	return iov
}

func readv(fd int, buffers [][]byte) (int, Errno) {
	var few [fewVectors]unix.Iovec
	iov := vectorsIn(few[:], buffers)
	r, _, e := unix.Syscall(unix.SYS_READV, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov)))
	return receivedBuffers(buffers, r, e)
}

func writev(fd int, buffers [][]byte) (int, Errno) {
	var few [fewVectors]unix.Iovec
	iov := vectorsIn(few[:], buffers)
	raceReleaseIO()
	r, _, e := unix.Syscall(unix.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov)))
	return sentBuffers(buffers, r, e)
}

func vmsplice(fd int, buffers [][]byte, flags int) (int, Errno) {
	var few [fewVectors]unix.Iovec
	iov := vectorsIn(few[:], buffers)
	raceReleaseIO()
	r, _, e := unix.Syscall6(unix.SYS_VMSPLICE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov)), uintptr(flags), 0, 0)
	return sentBuffers(buffers, r, e)
}
