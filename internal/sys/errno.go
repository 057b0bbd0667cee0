package sys

import (
	"errors"

	"golang.org/x/sys/unix"
)

// errnoOf takes the errno back out of what an x/sys function returned.
func errnoOf(err error) Errno {
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[Errno](err); ok {
		return e
	}
	return unix.EINVAL
}

// descriptor makes -1 of what x/sys returns with an error, which is 0 in places.
func descriptor(fd int, err error) (int, Errno) {
	if err != nil {
		return -1, errnoOf(err)
	}
	return fd, 0
}
