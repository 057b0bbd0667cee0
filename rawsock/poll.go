package rawsock

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// PollFd is struct pollfd: a descriptor, the events waited for (POLLIN, …) and
// those that happened.
type PollFd = unix.PollFd

// Sigset is the kernel's set of signals, one bit each, that Ppoll and Pselect
// take. On Linux it is [unix.Sigset_t].
type Sigset = sys.Sigset

// Poll wraps poll(2): it waits until one of fds has an event, at most msec
// milliseconds, without end if msec is negative, and returns how many have. A
// negative Fd is skipped. EINTR: a signal came; the Go runtime sends itself
// signals, so this is common. An msec that is no C int is EINVAL without a system
// call.
//
// arm64, loong64 and riscv64 Linux has no poll(2); the system call is ppoll(2).
func Poll(fds []PollFd, msec int) (n int, err error) {
	if !isCInt(msec) {
		return 0, unix.EINVAL
	}
	n, e := sys.Poll(fds, msec)
	return n, asError(e)
}

// Ppoll wraps ppoll(2): Poll with a finer timeout, nil for one without end, and
// with mask as the thread's blocked signals while it waits, unless mask is nil.
// The kernel leaves in timeout how much of it was not used, which the C library
// hides. A negative timeout is EINVAL.
//
// The mask is that of the thread which makes the call, and is only useful on
// one that runtime.LockOSThread holds. On Linux of 32 bits the system call is
// ppoll_time64(2), Linux 5.1. On other systems it is ENOSYS.
func Ppoll(fds []PollFd, timeout *time.Duration, mask *Sigset) (n int, err error) {
	n, e := sys.Ppoll(fds, timeout, mask)
	return n, asError(e)
}
