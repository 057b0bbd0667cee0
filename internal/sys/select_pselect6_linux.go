//go:build linux && !amd64 && !mips64 && !mips64le && !ppc64 && !ppc64le && !s390x

package sys

import "time"

// selectIsPselect6 says that select(2) is made by pselect6(2).
const selectIsPselect6 = true

// selectFds is pselect6(2) where the kernel has no select(2), or one whose
// seconds have 32 bits.
func selectFds(nfds int, sets FdSets, timeout *time.Duration) (int, Errno) {
	return pselect(nfds, sets, timeout, nil)
}
