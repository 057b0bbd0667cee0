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
