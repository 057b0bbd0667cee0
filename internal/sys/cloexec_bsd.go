//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// cloexec makes a descriptor under syscall.ForkLock, so that no program that
// os/exec starts meanwhile inherits it before it is marked. Not for calls that
// may sleep: they would keep every fork waiting.
func cloexec(open func() (int, Errno)) (int, Errno) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, e := open()
	if e == 0 {
		unix.CloseOnExec(fd)
	}
	return fd, e
}

// SocketCloexec is Socket, close-on-exec.
func SocketCloexec(domain, typ, proto int) (int, Errno) {
	return cloexec(func() (int, Errno) { return Socket(domain, typ, proto) })
}

// nonblocking makes what a call returned nonblocking; if that fails it is
// closed.
func nonblocking(fd int, e Errno) (int, Errno) {
	if e != 0 {
		return -1, e
	}
	if e := setNonblock(fd, true); e != 0 {
		closefd(fd)
		return -1, e
	}
	return fd, 0
}
