package netconn

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mdlayher/socket"
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// core is what Conn, PacketConn and Listener have in common: a socket that the
// runtime poller watches.
type core struct {
	sock    *socket.Conn
	raw     syscall.RawConn
	closed  atomic.Bool
	in, out side

	network       string // "tcp"
	family, typ   int
	listens       bool
	file          *rawsock.UnixListener // of a unix path, without the socket
	local, remote net.Addr
	name, peer    rawsock.Sockaddr
}

// open takes fd over. With an error fd is still the caller's.
func (c *core) open(fd rawsock.FD) error {
	typ, err := fd.SockType()
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	name, err := fd.Getsockname()
	if err != nil {
		return os.NewSyscallError("getsockname", err)
	}
	c.family, c.typ = name.Family(), typ
	c.network = networkOf(c.family, typ)
	c.name, c.local = name, netAddr(c.network, name)
	if c.peer.IsZero() {
		c.peer, _ = fd.Getpeername() // ENOTCONN: there is none, or none any more
	}
	c.remote = c.remoteAddr()
	// It can fail only where the calls above have failed.
	if c.sock, err = socket.New(int(fd), c.network); err != nil {
		return err
	}
	if c.raw, err = c.sock.SyscallConn(); err != nil {
		return err
	}
	c.in.init(c.raw.Read, c.sock.SetReadDeadline)
	c.out.init(c.raw.Write, c.sock.SetWriteDeadline)
	return nil
}

// addressed reads the addresses again, after connect.
func (c *core) addressed() error {
	return c.Control(func(fd rawsock.FD) error {
		name, err := fd.Getsockname()
		c.name, c.local = name, netAddr(c.network, name)
		if peer, err := fd.Getpeername(); err == nil { // there is none before a fast open
			c.peer = peer
			c.remote = c.remoteAddr()
		}
		return err
	})
}

// remoteAddr is nil where it is no accident that there is none.
func (c *core) remoteAddr() net.Addr {
	if c.peer.IsZero() && (c.listens || c.typ == unix.SOCK_DGRAM || c.typ == unix.SOCK_RAW) {
		return nil
	}
	return netAddr(c.network, c.peer)
}

// Close closes the socket. Calls that wait on it return net.ErrClosed.
func (c *core) Close() error {
	if !c.closed.CompareAndSwap(false, true) {
		return c.fail("close", "close", net.ErrClosed)
	}
	var err error
	if c.file != nil { // while the socket is open: its inode is how the file is known
		err = c.file.Close()
	}
	if err = errors.Join(err, c.sock.Close()); err != nil {
		return c.fail("close", "close", err)
	}
	return nil
}

// SetDeadline sets both deadlines. It is those of package net: a time, or the zero
// time for none, and it ends calls that wait already.
func (c *core) SetDeadline(t time.Time) error {
	return c.setFailed(errors.Join(c.in.deadline.Set(t), c.out.deadline.Set(t)))
}

// SetReadDeadline sets the deadline of what waits for input.
func (c *core) SetReadDeadline(t time.Time) error { return c.setFailed(c.in.deadline.Set(t)) }

// SetWriteDeadline sets the deadline of what waits for room.
func (c *core) SetWriteDeadline(t time.Time) error { return c.setFailed(c.out.deadline.Set(t)) }

func (c *core) setFailed(err error) error {
	if err != nil {
		return c.fail("set", "set", err)
	}
	return nil
}

// Control calls f with the descriptor, which is good until f returns:
//
//	err := c.Control(func(fd rawsock.FD) error { return rawsock.TCPQuickAck.Set(fd, true) })
//
// f must not close it and must not wait. The error of f is returned as it is.
func (c *core) Control(f func(fd rawsock.FD) error) error {
	var err error
	if failed := c.raw.Control(func(fd uintptr) { err = f(rawsock.FD(fd)) }); failed != nil {
		return c.fail("control", "control", failed)
	}
	return err
}

// SyscallConn is for functions of other packages that want the descriptor, which
// stays the connection's.
func (c *core) SyscallConn() (syscall.RawConn, error) {
	if c.closed.Load() {
		return nil, c.fail("control", "control", net.ErrClosed)
	}
	return c.raw, nil
}

// fail makes the error of an operation as package net does: op is its name, call
// that of the system call.
func (c *core) fail(op, call string, err error) error {
	e := &net.OpError{Op: op, Net: c.network, Source: c.local, Addr: c.remote}
	if c.remote == nil {
		e.Source, e.Addr = nil, c.local
	}
	errno, ok := err.(unix.Errno)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		e.Err = os.ErrDeadlineExceeded
	case c.closed.Load(), errors.Is(err, unix.EBADF):
		e.Err = net.ErrClosed
	case ok:
		e.Err = os.NewSyscallError(call, errno)
	default:
		e.Err = err
	}
	return e
}

// Recvmsg is one recvmsg(2), when there is something to receive.
func (c *core) Recvmsg(ctx context.Context, m *rawsock.Msghdr, flags int) (int, error) {
	n, err := c.message(ctx, &c.in, (*side).recvmsg, m, flags)
	if err != nil {
		return n, c.fail("read", "recvmsg", err)
	}
	return n, nil
}

// Sendmsg is one sendmsg(2), when there is room: of a stream it may send less than
// all.
func (c *core) Sendmsg(ctx context.Context, m *rawsock.Msghdr, flags int) (int, error) {
	n, err := c.message(ctx, &c.out, (*side).sendmsg, m, flags)
	if err != nil {
		return n, c.fail("write", "sendmsg", err)
	}
	return n, nil
}

func (c *core) message(ctx context.Context, s *side, call func(*side, rawsock.FD) (int, error), m *rawsock.Msghdr, flags int) (int, error) {
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	defer s.end()
	s.call, s.msg, s.flags = call, m, flags
	err := s.run(ctx)
	return s.n, err
}
