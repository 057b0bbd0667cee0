//go:build linux && (arm64 || loong64 || riscv64)

package sys

import "time"

// pollIsPpoll says that poll(2) is made by ppoll(2).
const pollIsPpoll = true

// poll is ppoll(2) where the kernel has no poll(2).
func poll(fds []PollFd, msec int) (int, Errno) {
	if msec < 0 {
		return ppollMask(fds, nil, nil)
	}
	timeout := time.Duration(msec) * time.Millisecond
	return ppollMask(fds, &timeout, nil)
}
