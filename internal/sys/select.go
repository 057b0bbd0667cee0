package sys

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// FdSet is fd_set, of which the kernel reads and writes as many bits as it is
// told.
type FdSet = unix.FdSet

// An fd_set has FD_SETSIZE bits.
var _ = [1]struct{}{}[unix.FD_SETSIZE-8*unsafe.Sizeof(FdSet{})]

// FdSets are the three sets of a select(2): to read, to write, exceptional. Any
// may be nil.
type FdSets struct{ Read, Write, Except *FdSet }

// Select wraps select(2): timeout nil waits without end. nfds must not exceed
// FD_SETSIZE.
func Select(nfds int, sets FdSets, timeout *time.Duration) (int, Errno) {
	if Tracing() {
		return traceSelect(nfds, sets, timeout)
	}
	return selectFds(nfds, sets, timeout)
}

// Pselect wraps pselect6(2), with the conventions of Select.
func Pselect(nfds int, sets FdSets, timeout *time.Duration, mask *Sigset) (int, Errno) {
	if Tracing() {
		return tracePselect(nfds, sets, timeout, mask)
	}
	return pselect(nfds, sets, timeout, mask)
}

// microseconds is d in seconds and microseconds, rounded up: what is not nothing
// must not become nothing. Of what is negative the seconds are, which the kernel
// refuses.
func microseconds(d time.Duration) (sec, usec int64) {
	us := int64(d / time.Microsecond)
	switch rest := d % time.Microsecond; {
	case rest > 0:
		us++
	case rest < 0:
		us--
	}
	sec, usec = us/1e6, us%1e6
	if usec < 0 {
		sec, usec = sec-1, usec+1e6
	}
	return sec, usec
}
