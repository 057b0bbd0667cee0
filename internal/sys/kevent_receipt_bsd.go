//go:build darwin || dragonfly || freebsd || openbsd

package sys

import "golang.org/x/sys/unix"

var _ = [1]struct{}{}[EV_RECEIPT^unix.EV_RECEIPT]

// keventReceipts submits changes that ask for receipts: kevent(2) does it.
func keventReceipts(kq int, changes, results []unix.Kevent_t) (int, error) {
	return unix.Kevent(kq, changes, results, timespec(0))
}
