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
