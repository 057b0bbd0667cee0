//go:build netbsd

package sys

import "golang.org/x/sys/unix"

// keventReceipts makes the receipts itself, for NetBSD before 10 has no
// EV_RECEIPT: without room for events, kevent(2) fails with the errno of the
// change that it refuses (NetBSD's kevent(2)), so one call is one answer.
func keventReceipts(kq int, changes, results []unix.Kevent_t) (int, error) {
	n := min(len(changes), len(results))
	for i := range changes[:n] {
		changes[i].Flags &^= EV_RECEIPT
		_, err := unix.Kevent(kq, changes[i:i+1], nil, timespec(0))
		results[i] = changes[i]
		results[i].Flags, results[i].Data = EV_ERROR, int64(errnoOf(err))
	}
	return n, nil
}
