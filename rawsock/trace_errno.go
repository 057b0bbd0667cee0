package rawsock

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// errno is how a call that failed ends: the number's name, and the C library's
// text for it.
func (l *line) errno(e unix.Errno) {
	name := errnoName(e)
	if name == "" {
		l.str("-1 (errno ")
		l.uint(uint64(e))
		l.str(")")
		return
	}
	l.str("-1 " + name + " (")
	at := len(l.b)
	if e == enotsupp {
		l.str("Unknown error " + strconv.Itoa(int(enotsupp)))
	} else {
		l.str(e.Error())
	}
	// Go has the C library's texts, beginning in lower case.
	if c := l.b[at]; 'a' <= c && c <= 'z' {
		l.b[at] -= 'a' - 'A'
	}
	l.str(")")
}

// errnoName is the C name of e, empty if it has none. Of two names for a number
// it is the one that strace prints.
func errnoName(e unix.Errno) string {
	for _, row := range errnoNames {
		if row.value == int(e) {
			return row.name
		}
	}
	return unix.ErrnoName(e)
}

// enotsupp is ENOTSUPP of Linux's include/linux/errno.h, which the kernel should
// keep to itself but returns for a few options.
const enotsupp unix.Errno = 524
