package sys

import "golang.org/x/sys/unix"

// msgNoSignal: older macOS has no such flag; the socket has an option.
const msgNoSignal = 0

// noSignal sets SO_NOSIGPIPE on the socket that a call returned. Should that
// fail, the peer has reset it (EINVAL), and the first call on it says so.
func noSignal(fd int, e Errno) (int, Errno) {
	if e == 0 {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1)
	}
	return fd, e
}
