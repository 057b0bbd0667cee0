//go:build !linux

package sys

import (
	"time"

	"golang.org/x/sys/unix"
)

// POLLRDHUP is Linux's; 0 asks for nothing and matches nothing.
const POLLRDHUP = 0

// Sigset stands for a set of signals, which x/sys does not have on all systems.
type Sigset struct{}

// What the records of Linux need.
const (
	pollIsPpoll  = false
	sizeofSigset = 0
	ppollName    = "ppoll"
)

func poll(fds []PollFd, msec int) (int, Errno) {
	n, err := unix.Poll(fds, msec)
	return max(n, 0), errnoOf(err)
}

func ppollMask([]PollFd, *time.Duration, *Sigset) (int, Errno) { return 0, unix.ENOSYS }
