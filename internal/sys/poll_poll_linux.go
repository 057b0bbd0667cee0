//go:build linux && !arm64 && !loong64 && !riscv64

package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// pollIsPpoll says that poll(2) is made by ppoll(2).
const pollIsPpoll = false

func poll(fds []PollFd, msec int) (int, Errno) {
	r, _, e := unix.Syscall(unix.SYS_POLL, uintptr(unsafe.Pointer(unsafe.SliceData(fds))), uintptr(len(fds)), uintptr(msec))
	return count(r, e)
}
