package netconn

import (
	"context"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Listener is a net.Listener on a listening socket.
type Listener struct {
	core
	sock *rawsock.Sock // Accept's, with the descriptor of the moment
}

var _ interface {
	net.Listener
	syscall.Conn
} = (*Listener)(nil)

// NewListener makes a Listener of a socket that listens, which it then owns. It is
// made nonblocking; no option is changed. With an error fd is still the caller's.
//
// EINVAL: fd does not listen. ENOTSOCK, EBADF: fd is no socket.
func NewListener(fd rawsock.FD) (*Listener, error) {
	if _, err := fd.SockType(); err == nil && !listening(fd) {
		return nil, unix.EINVAL
	}
	l := &Listener{core: core{listens: true}}
	var err error
	if l.sock, err = rawsock.FromFD(fd); err != nil {
		return nil, err
	}
	if err = l.sock.SetTimeout(0); err != nil {
		return nil, err
	}
	if err := l.open(fd); err != nil {
		return nil, err
	}
	return l, nil
}

// Accept waits for a connection, which is a *Conn.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.AcceptContext(context.Background())
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AcceptContext is Accept that ends when ctx is done.
func (l *Listener) AcceptContext(ctx context.Context) (*Conn, error) {
	s := &l.in
	if err := s.begin(ctx); err != nil {
		return nil, l.fail("accept", "accept", err)
	}
	s.call, s.sock = (*side).accept, l.sock
	err := s.run(ctx)
	fd, peer := s.fd, s.sa
	s.end()
	if err != nil {
		return nil, l.fail("accept", "accept", err)
	}
	c, err := newConn(fd, peer)
	if err != nil {
		_ = fd.Close()
		return nil, l.fail("accept", "accept", err)
	}
	return c, nil
}

// Addr is the address that the listener has.
func (l *Listener) Addr() net.Addr { return l.local }

// AddrPort is the address that the listener has; not valid where it is no IP
// address.
func (l *Listener) AddrPort() netip.AddrPort { return l.LocalAddrPort() }
