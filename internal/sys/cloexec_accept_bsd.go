//go:build darwin || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

// acceptCloexec accepts a connection, nonblocking and close-on-exec. There is
// no accept4: if the listener may be blocking, a program that is started
// between accept and the flag inherits the descriptor.
func acceptCloexec(fd int, sa *RawSockaddr, sleeps bool) (int, Errno) {
	if sleeps {
		nfd, e := accept(fd, sa)
		if e == 0 {
			unix.CloseOnExec(nfd)
		}
		return nonblocking(nfd, e)
	}
	return nonblocking(cloexec(func() (int, Errno) { return accept(fd, sa) }))
}

// AcceptCloexec is Accept and then FD_CLOEXEC: as it may sleep, a program that
// is started between the two inherits the descriptor.
func AcceptCloexec(fd int, sa *RawSockaddr) (int, Errno) {
	nfd, e := Accept(fd, sa)
	if e == 0 {
		unix.CloseOnExec(nfd)
	}
	return nfd, e
}
