package rawsock

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// FdSet is fd_set, a set of the descriptors below FD_SETSIZE. The zero value is
// empty. Unlike the C macros, which write past the end of the set, its methods
// refuse a descriptor that is negative or has no place in it: EINVAL.
type FdSet struct{ set sys.FdSet }

// Set adds fd to the set: FD_SET.
func (s *FdSet) Set(fd FD) error {
	if !inSet(fd) {
		return unix.EINVAL
	}
	s.set.Set(int(fd))
	return nil
}

// Clear takes fd out of the set: FD_CLR.
func (s *FdSet) Clear(fd FD) error {
	if !inSet(fd) {
		return unix.EINVAL
	}
	s.set.Clear(int(fd))
	return nil
}

// IsSet reports whether fd is in the set: FD_ISSET. One that cannot be in it is
// not.
func (s *FdSet) IsSet(fd FD) bool { return inSet(fd) && s.set.IsSet(int(fd)) }

// Zero empties the set: FD_ZERO.
func (s *FdSet) Zero() { s.set.Zero() }

func inSet(fd FD) bool { return fd >= 0 && fd < unix.FD_SETSIZE }

func (s *FdSet) pointer() *sys.FdSet {
	if s == nil {
		return nil
	}
	return &s.set
}

// Select wraps select(2): it waits until one of the descriptors below nfds in
// read is readable, in write writable, or in except has urgent data, and leaves
// in the sets those that are. Any set may be nil. It returns how many bits are
// set in all. timeout nil waits without end; it is rounded up to whole
// microseconds, and on Linux what is left of it is written back, also with
// EINTR. With an error the sets are as they were.
//
// EINVAL: nfds is negative, or, without a system call, more than FD_SETSIZE or no
// C int: the kernel would read and write past the sets. EBADF: a descriptor of a
// set is not open. Descriptors from FD_SETSIZE on need Poll.
//
// arm64, loong64 and riscv64 Linux have no select(2), and on those of 32 bits its
// seconds have 32: the system call there is pselect6(2), without a mask.
func Select(nfds int, read, write, except *FdSet, timeout *time.Duration) (n int, err error) {
	if nfds > unix.FD_SETSIZE || !isCInt(nfds) {
		return 0, unix.EINVAL
	}
	n, e := sys.Select(nfds, setsOf(read, write, except), timeout)
	return n, asError(e)
}

// Pselect wraps pselect6(2): Select with a timeout in nanoseconds, and with mask
// as the thread's blocked signals while it waits, unless mask is nil. What Ppoll
// says about the timeout and the mask is true here. On Linux of 32 bits the system
// call is pselect6_time64(2), Linux 5.1. On other systems it is ENOSYS.
func Pselect(nfds int, read, write, except *FdSet, timeout *time.Duration, mask *Sigset) (n int, err error) {
	if nfds > unix.FD_SETSIZE || !isCInt(nfds) {
		return 0, unix.EINVAL
	}
	n, e := sys.Pselect(nfds, setsOf(read, write, except), timeout, mask)
	return n, asError(e)
}

func setsOf(read, write, except *FdSet) sys.FdSets {
	return sys.FdSets{Read: read.pointer(), Write: write.pointer(), Except: except.pointer()}
}
