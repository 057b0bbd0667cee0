package netconn

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// ErrPrefix is the answer of methods that would go past the bytes of a
// Config.Prefix which are still to be read.
var ErrPrefix = errors.New("netconn: the prefix is to be read first")

// Config is how New makes a Conn.
type Config struct {
	// Prefix is what Read returns before what the socket has: bytes that were read
	// from it already. It is borrowed until it has been read.
	Prefix []byte
}

// Conn is a net.Conn on a connected SOCK_STREAM or SOCK_SEQPACKET socket.
type Conn struct {
	core

	// prefix belongs to who has the turn of in; left is its length, for others.
	prefix []byte
	left   atomic.Int64
}

var _ interface {
	net.Conn
	syscall.Conn
	io.ReaderFrom
	io.WriterTo
} = (*Conn)(nil)

// New makes a Conn of a connected socket, which it then owns. It is made
// nonblocking; no option is changed. With an error fd is still the caller's.
//
// EPROTOTYPE: fd is a datagram socket; EINVAL: it listens. ENOTSOCK, EBADF: fd is
// no socket.
func New(fd rawsock.FD, cfg Config) (*Conn, error) {
	if listening(fd) {
		return nil, unix.EINVAL
	}
	c, err := newConn(fd, rawsock.Sockaddr{})
	if err != nil {
		return nil, err
	}
	c.prefix = cfg.Prefix
	c.left.Store(int64(len(cfg.Prefix)))
	return c, nil
}

// newConn makes a Conn of any socket that is one of streams or of packets.
func newConn(fd rawsock.FD, peer rawsock.Sockaddr) (*Conn, error) {
	c := &Conn{core: core{peer: peer}}
	if typ, err := fd.SockType(); err == nil && typ != unix.SOCK_STREAM && typ != unix.SOCK_SEQPACKET {
		return nil, unix.EPROTOTYPE
	}
	if err := c.open(fd); err != nil {
		return nil, err
	}
	return c, nil
}

func listening(fd rawsock.FD) bool {
	on, err := rawsock.SOAcceptConn.Get(fd)
	return err == nil && on
}

// Read reads what there is, at least one byte, of the prefix or of the socket.
// io.EOF: the peer has no more to say.
func (c *Conn) Read(p []byte) (int, error) { return c.ReadContext(context.Background(), p) }

// ReadContext is Read that ends when ctx is done.
func (c *Conn) ReadContext(ctx context.Context, p []byte) (int, error) {
	n, err := c.read(ctx, p)
	switch {
	case err != nil:
		return n, c.fail("read", "read", err)
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}

func (c *Conn) read(ctx context.Context, p []byte) (int, error) {
	s := &c.in
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	defer s.end()
	switch {
	case c.closed.Load():
		return 0, net.ErrClosed
	case len(p) == 0:
		return 0, nil
	case c.left.Load() > 0:
		return c.readPrefix(p)
	}
	s.call, s.p = (*side).read, p
	err := s.run(ctx)
	return s.n, err
}

func (c *Conn) readPrefix(p []byte) (int, error) {
	if c.in.deadline.passed() {
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(p, c.prefix)
	c.consume(n)
	return n, nil
}

func (c *Conn) consume(n int) {
	c.prefix = c.prefix[n:]
	c.left.Store(int64(len(c.prefix)))
}

// Buffered is how much of the prefix is still to be read.
func (c *Conn) Buffered() int { return int(c.left.Load()) }

// Write writes all of p, or as one message on a SOCK_SEQPACKET socket. With an
// error n is how much was written.
func (c *Conn) Write(p []byte) (n int, err error) { return c.WriteContext(context.Background(), p) }

// WriteContext is Write that ends when ctx is done.
func (c *Conn) WriteContext(ctx context.Context, p []byte) (n int, err error) {
	n, err = c.write(ctx, p)
	if err != nil {
		return n, c.fail("write", "write", err)
	}
	return n, nil
}

func (c *Conn) write(ctx context.Context, p []byte) (int, error) {
	s := &c.out
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	defer s.end()
	s.call, s.p = (*side).write, p
	if c.typ == unix.SOCK_SEQPACKET {
		s.call = (*side).writeMessage
	}
	err := s.run(ctx)
	return s.n, err
}

// Recvmsg is one recvmsg(2), when there is something to receive. 0 bytes are the
// end of a stream, without an error. ErrPrefix: the prefix is to be read first.
func (c *Conn) Recvmsg(ctx context.Context, m *rawsock.Msghdr, flags int) (int, error) {
	if c.left.Load() > 0 {
		return 0, c.fail("read", "recvmsg", ErrPrefix)
	}
	return c.core.Recvmsg(ctx, m, flags)
}

// SyscallConn is for functions of other packages that want the descriptor, which
// stays the connection's. ErrPrefix: the prefix is to be read first.
func (c *Conn) SyscallConn() (syscall.RawConn, error) {
	if c.left.Load() > 0 {
		return nil, c.fail("control", "control", ErrPrefix)
	}
	return c.core.SyscallConn()
}

// CloseRead is shutdown(SHUT_RD).
func (c *Conn) CloseRead() error { return c.shutdown(unix.SHUT_RD) }

// CloseWrite is shutdown(SHUT_WR): the peer reads what is on its way, then the end.
func (c *Conn) CloseWrite() error { return c.shutdown(unix.SHUT_WR) }

func (c *Conn) shutdown(how int) error {
	if err := c.Control(func(fd rawsock.FD) error { return fd.Shutdown(how) }); err != nil {
		return c.fail("close", "shutdown", err)
	}
	return nil
}

// LocalAddr is the address of this end, as it was when the Conn was made.
func (c *core) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the address of the other end, as it was when the Conn was made.
func (c *core) RemoteAddr() net.Addr { return c.remote }

// RemoteAddrPort is the address of the other end; not valid where it is no IP
// address.
func (c *core) RemoteAddrPort() netip.AddrPort { return c.peer.AddrPort() }

// LocalAddrPort is the address of this end; not valid where it is no IP address.
func (c *core) LocalAddrPort() netip.AddrPort { return c.name.AddrPort() }
