package rawsock

import "golang.org/x/sys/unix"

// Convenience: what follows in this file makes calls again.

// RetryEINTR makes a call again until a signal no longer interrupts it:
//
//	err := rawsock.RetryEINTR(func() (err error) { n, err = fd.Recv(p, 0); return err })
//
// Go installs its signal handlers with SA_RESTART, so that on Linux only the
// calls which signal(7) lists as never restarted return EINTR: poll, select,
// epoll_wait, and socket calls on a socket that has SO_RCVTIMEO or SO_SNDTIMEO.
// Code that embeds Go may have handlers without SA_RESTART; then every call can.
//
// Two calls must not be made again. After EINTR a connect(2) goes on by itself,
// and a second one would be EALREADY or EISCONN; [Sock.Connect] waits for it.
// After EINTR from close(2) the descriptor is gone on Linux, and its number may
// be somebody else's. A call with a timeout starts its whole time again.
func RetryEINTR(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}
