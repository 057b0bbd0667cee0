//go:build !linux

package sys

import (
	"time"

	"golang.org/x/sys/unix"
)

// mmsghdr is Linux's; freebsd and netbsd have calls of these names too, but x/sys
// has not.
type mmsghdr struct{}

func oneEach(int) func(int) Vectors { return func(int) Vectors { return Vectors{} } }

func (b Batch) setBuffers(int) {}

func (b Batch) setControl(int) {}

func (b Batch) flags(int) int { return 0 }

func sendmmsg(int, Batch, int) (int, Errno) { return 0, unix.ENOSYS }

func recvmmsg(int, Batch, int, *time.Duration) (int, Errno) { return 0, unix.ENOSYS }

// recvmmsgName is for the record of the call.
const recvmmsgName = "recvmmsg"
