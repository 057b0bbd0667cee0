//go:build dragonfly || freebsd || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

// msgNoSignal keeps a send from raising SIGPIPE.
const msgNoSignal = unix.MSG_NOSIGNAL

// noSignal passes on what a call returned: each send has the flag.
func noSignal(fd int, e Errno) (int, Errno) { return fd, e }
