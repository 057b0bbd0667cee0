package sys

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigsetArg is the last argument of pselect6(2), which has no seventh.
type sigsetArg struct {
	mask *Sigset
	size uintptr
}

func pselect(nfds int, sets FdSets, timeout *time.Duration, mask *Sigset) (int, Errno) {
	var ts Timespec
	arg := sigsetArg{mask, sizeofSigset}
	r, _, e := unix.Syscall6(sysPselect6, uintptr(nfds),
		uintptr(unsafe.Pointer(sets.Read)), uintptr(unsafe.Pointer(sets.Write)), uintptr(unsafe.Pointer(sets.Except)),
		uintptr(unsafe.Pointer(ts.in(timeout))), uintptr(unsafe.Pointer(&arg)))
	ts.out(timeout)
	return count(r, e)
}
