package netconn

import (
	"context"
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// DupFD takes the descriptor out of a net.Conn, net.Listener, net.PacketConn or
// *os.File, of this package or of the standard library: it returns a duplicate,
// close-on-exec, that is the caller's. c stays open and stays what it was; close
// it. The duplicate shares c's open file description, and so is nonblocking.
//
// It is fcntl(F_DUPFD_CLOEXEC) under SyscallConn. (*os.File).Fd would make the
// description blocking, and with it all its duplicates.
//
// errors.ErrUnsupported: c has no SyscallConn, as a *tls.Conn has none.
// ErrPrefix: c is a Conn with bytes to be read first; Detach returns them.
func DupFD(c any) (rawsock.FD, error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return -1, errors.ErrUnsupported
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return -1, err
	}
	return dup(raw)
}

func dup(raw syscall.RawConn) (fd rawsock.FD, err error) {
	fd = -1
	failed := raw.Control(func(old uintptr) {
		var n int
		if n, err = rawsock.FD(old).Fcntl(unix.F_DUPFD_CLOEXEC, 0); err == nil {
			fd = rawsock.FD(n)
		}
	})
	if failed != nil {
		return -1, failed
	}
	return fd, os.NewSyscallError("fcntl", err)
}

// Detach ends the Conn and gives its socket to the caller, and what of the prefix
// was not read. Calls that wait return net.ErrClosed. The number of the
// descriptor is another one than before; it is nonblocking and close-on-exec.
// With an error the Conn is as it was.
func (c *Conn) Detach() (fd rawsock.FD, prefix []byte, err error) {
	if fd, err = dup(c.raw); err != nil {
		return -1, nil, c.fail("detach", "fcntl", err)
	}
	if err := c.Close(); err != nil {
		_ = fd.Close()
		return -1, nil, err
	}
	_ = c.in.begin(context.Background()) // after whoever still reads of the prefix
	prefix = c.prefix
	c.consume(len(prefix))
	c.in.end()
	return fd, prefix, nil
}
