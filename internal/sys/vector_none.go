//go:build dragonfly || freebsd || netbsd

package sys

import "golang.org/x/sys/unix"

// readv and writev exist, but not in x/sys.

func readv(int, [][]byte) (int, Errno) { return 0, unix.ENOSYS }

func writev(int, [][]byte) (int, Errno) { return 0, unix.ENOSYS }
