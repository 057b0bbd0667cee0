package sys

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// POLLRDHUP asks poll(2) for the peer's half-close.
const POLLRDHUP = unix.POLLRDHUP

// Sigset is a set of signals. The kernel reads only its beginning.
type Sigset = unix.Sigset_t

func ppollMask(fds []PollFd, timeout *time.Duration, mask *Sigset) (int, Errno) {
	var ts Timespec
	r, _, e := unix.Syscall6(sysPpoll, uintptr(unsafe.Pointer(unsafe.SliceData(fds))), uintptr(len(fds)),
		uintptr(unsafe.Pointer(ts.in(timeout))), uintptr(unsafe.Pointer(mask)), sizeofSigset, 0)
	ts.out(timeout)
	return count(r, e)
}
