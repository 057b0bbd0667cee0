//go:build !linux

package sys

import (
	"time"

	"golang.org/x/sys/unix"
)

// What the records of Linux need.
const (
	selectIsPselect6 = false
	pselect6Name     = "pselect"
)

func selectFds(nfds int, sets FdSets, timeout *time.Duration) (int, Errno) {
	var tv *unix.Timeval
	if timeout != nil {
		v := unix.NsecToTimeval(int64(*timeout))
		tv = &v
	}
	n, err := unix.Select(nfds, sets.Read, sets.Write, sets.Except, tv)
	return max(n, 0), errnoOf(err)
}

func pselect(int, FdSets, *time.Duration, *Sigset) (int, Errno) { return 0, unix.ENOSYS }
