//go:build darwin || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

// dup3 is not there on darwin, and x/sys has none for netbsd and openbsd.
func dup3(int, int, int) (int, Errno) { return -1, unix.ENOSYS }
