//go:build linux && (amd64 || mips64 || mips64le || ppc64 || ppc64le || s390x)

package sys

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// selectIsPselect6 says that select(2) is made by pselect6(2).
const selectIsPselect6 = false

// selectFds is the one select(2) of the architecture whose struct timeval has
// seconds of 64 bits.
func selectFds(nfds int, sets FdSets, timeout *time.Duration) (int, Errno) {
	var p *unix.Timeval
	tv := timevalOf(timeout)
	before := tv
	if timeout != nil {
		p = &tv
	}
	r, _, e := unix.Syscall6(sysSelect, uintptr(nfds),
		uintptr(unsafe.Pointer(sets.Read)), uintptr(unsafe.Pointer(sets.Write)), uintptr(unsafe.Pointer(sets.Except)),
		uintptr(unsafe.Pointer(p)), 0)
	if tv != before { // or what has no whole microseconds would become another value
		*timeout = time.Duration(tv.Sec)*time.Second + time.Duration(tv.Usec)*time.Microsecond
	}
	return count(r, e)
}

func timevalOf(timeout *time.Duration) (tv unix.Timeval) {
	if timeout != nil {
		tv.Sec, tv.Usec = microseconds(*timeout)
	}
	return tv
}
