package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// SizeofTimeval is sizeof(struct timeval), which differs between machines.
const SizeofTimeval = int(unsafe.Sizeof(unix.Timeval{}))

// PutTimeval writes us microseconds as a struct timeval and returns its size.
// EINVAL: the machine's seconds have no room for so many.
func PutTimeval(b []byte, us int64) (int, Errno) {
	tv := unix.NsecToTimeval(us % 1e6 * 1e3)
	if setSeconds(&tv.Sec, us/1e6); int64(tv.Sec) != us/1e6 {
		return 0, unix.EINVAL
	}
	return copy(b, Memory(&tv)), 0
}

// Timeval returns the seconds and microseconds of a struct timeval.
func Timeval(b []byte) (sec, usec int64) {
	var tv unix.Timeval
	copy(Memory(&tv), b)
	return int64(tv.Sec), int64(tv.Usec)
}

func setSeconds[T int32 | int64](sec *T, v int64) { *sec = T(v) }
