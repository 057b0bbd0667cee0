//go:build !linux

package sys

import "golang.org/x/sys/unix"

// sendfileName is for the record of the call.
const sendfileName = "sendfile"

// sendfile: the call of that name on darwin, dragonfly and freebsd has other
// arguments and another meaning of them, and netbsd and openbsd have none.
func sendfile(int, int, *int64, int) (int, Errno) { return 0, unix.ENOSYS }

func splice(int, *int64, int, *int64, int, int) (int, Errno) { return 0, unix.ENOSYS }

func tee(int, int, int, int) (int, Errno) { return 0, unix.ENOSYS }

func vmsplice(int, [][]byte, int) (int, Errno) { return 0, unix.ENOSYS }
