package rawsock

import (
	"math"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// NoTimeout, as a timeout, waits as long as it takes. It is Python's None.
const NoTimeout time.Duration = -1

// defaultTimeout is one more than the default, so that its zero is NoTimeout.
var defaultTimeout atomic.Int64

// GetDefaultTimeout returns the timeout of every new Sock, NoTimeout until
// SetDefaultTimeout changes it.
func GetDefaultTimeout() time.Duration {
	return time.Duration(defaultTimeout.Load() - 1)
}

// SetDefaultTimeout sets the timeout that every Sock begins with: those of
// NewSock, FromFD, Accept, CreateServer and CreateConnection in this process
// from now on. As in Python it is one setting for the whole program; libraries
// leave it alone. Any goroutine may call it.
//
// EINVAL: negative, but not NoTimeout.
func SetDefaultTimeout(d time.Duration) error {
	if !validTimeout(d) {
		return unix.EINVAL
	}
	defaultTimeout.Store(int64(d) + 1)
	return nil
}

func validTimeout(d time.Duration) bool { return d >= 0 || d == NoTimeout }

// attempt sleeps until fd is ready for events, then makes a call, which is made
// again after EINTR. EAGAIN from it means that somebody else was faster, or that
// the readiness was none (select(2), BUGS); then what is left of limit is slept
// on. When nothing is left it is os.ErrDeadlineExceeded.
func attempt(fd FD, events int16, limit time.Duration, call func() error) error {
	deadline := time.Now().Add(limit) // of no meaning with NoTimeout
	for left := limit; left >= 0 || limit == NoTimeout; left = time.Until(deadline) {
		if limit == NoTimeout {
			left = NoTimeout
		}
		n, err := Poll([]PollFd{{Fd: int32(fd), Events: events}}, pollMilliseconds(left))
		switch {
		case err == unix.EINTR, err == nil && n == 0:
			continue
		case err != nil:
			return err
		}
		if err := RetryEINTR(call); err != unix.EAGAIN {
			return err
		}
	}
	return os.ErrDeadlineExceeded
}

// pollMilliseconds rounds up: rounded down, the last fraction of a millisecond
// would be spent spinning. What is too long for poll(2) is cut to its longest,
// 24 days.
func pollMilliseconds(d time.Duration) int {
	if d < 0 {
		return -1
	}
	ms := d / time.Millisecond
	if d%time.Millisecond > 0 {
		ms++
	}
	return int(min(ms, math.MaxInt32))
}
