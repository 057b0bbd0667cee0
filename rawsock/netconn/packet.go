package netconn

import (
	"context"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// PacketConn is a net.PacketConn on a SOCK_DGRAM or SOCK_RAW socket, and a net.Conn
// if that has a peer.
type PacketConn struct{ core }

var _ interface {
	net.PacketConn
	net.Conn
	syscall.Conn
} = (*PacketConn)(nil)

// NewPacketConn makes a PacketConn of a datagram socket, which it then owns. It is
// made nonblocking; no option is changed. With an error fd is still the caller's.
//
// EPROTOTYPE: fd is a socket of streams or of packets in order. ENOTSOCK, EBADF:
// fd is no socket.
func NewPacketConn(fd rawsock.FD) (*PacketConn, error) {
	if typ, err := fd.SockType(); err == nil && (typ == unix.SOCK_STREAM || typ == unix.SOCK_SEQPACKET) {
		return nil, unix.EPROTOTYPE
	}
	c := new(PacketConn)
	if err := c.open(fd); err != nil {
		return nil, err
	}
	return c, nil
}

// Recvfrom is one recvfrom(2), when there is a datagram. Of one longer than p the
// rest is lost; with MSG_TRUNC in flags n is its true length.
func (c *PacketConn) Recvfrom(p []byte, flags int) (n int, from rawsock.Sockaddr, err error) {
	s := &c.in
	if err = s.begin(context.Background()); err == nil {
		err = s.recv(p, flags)
		n, from = s.n, s.sa
		s.end()
	}
	if err != nil {
		return n, from, c.fail("read", "recvfrom", err)
	}
	return n, from, nil
}

func (s *side) recv(p []byte, flags int) error {
	s.call, s.p, s.flags = (*side).recvfrom, p, flags
	return s.run(context.Background())
}

// Sendto is one sendto(2), when there is room. The zero Sockaddr is the peer of a
// socket that has one.
func (c *PacketConn) Sendto(p []byte, flags int, to rawsock.Sockaddr) (n int, err error) {
	s := &c.out
	if err = s.begin(context.Background()); err == nil {
		s.sa, s.to = to, netip.AddrPort{}
		err = s.send(p, flags)
		n = s.n
		s.end()
	}
	if err != nil {
		return n, c.failTo("sendto", to, err)
	}
	return n, nil
}

// address makes to the address of send. Whoever sends to one peer again and again
// has that done once, unless it has a zone, whose meaning can change.
func (s *side) address(family int, to netip.AddrPort) (err error) {
	if to == s.to && to.IsValid() {
		return nil
	}
	s.to = netip.AddrPort{}
	if s.sa, err = rawsock.SockaddrFromAddrPort(fit(family, to)); err == nil && to.Addr().Zone() == "" {
		s.to = to
	}
	return err
}

// send sends to s.sa.
func (s *side) send(p []byte, flags int) error {
	s.call, s.p, s.flags = (*side).sendto, p, flags
	return s.run(context.Background())
}

// failTo is fail for an address that is not the peer's.
func (c *PacketConn) failTo(call string, to rawsock.Sockaddr, err error) error {
	e := c.fail("write", call, err)
	if op, ok := e.(*net.OpError); ok && !to.IsZero() {
		op.Source, op.Addr = c.local, netAddr(c.network, to)
	}
	return e
}

// Read receives a datagram. One of no bytes is 0 and no error.
func (c *PacketConn) Read(p []byte) (int, error) {
	n, _, err := c.Recvfrom(p, 0)
	return n, err
}

// Write sends p as one datagram to the peer.
func (c *PacketConn) Write(p []byte) (int, error) { return c.Sendto(p, 0, rawsock.Sockaddr{}) }

// ReadFrom receives a datagram. It allocates the address; ReadFromAddrPort and
// Recvfrom do not.
func (c *PacketConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := c.Recvfrom(p, 0)
	if err != nil {
		return n, nil, err
	}
	return n, netAddr(c.network, from), nil
}

// WriteTo sends p as one datagram to an address of package net's, or an Addr.
func (c *PacketConn) WriteTo(p []byte, to net.Addr) (int, error) {
	sa, err := sockaddrOf(to)
	if err != nil {
		return 0, c.fail("write", "sendto", err)
	}
	if ap := sa.AddrPort(); ap.IsValid() {
		return c.WriteToAddrPort(p, ap)
	}
	return c.Sendto(p, 0, sa)
}

// ReadFromAddrPort receives a datagram. On an IPv6 socket that serves IPv4 the
// sender's IPv4 address is mapped, as *net.UDPConn's is.
func (c *PacketConn) ReadFromAddrPort(p []byte) (n int, from netip.AddrPort, err error) {
	s := &c.in
	if err = s.begin(context.Background()); err == nil {
		err = s.recv(p, 0)
		n, from = s.n, s.sa.AddrPort() // and no copy of a Sockaddr, which is long
		s.end()
	}
	if err != nil {
		return n, from, c.fail("read", "recvfrom", err)
	}
	return n, from, nil
}

// WriteToAddrPort sends p as one datagram. An IPv4 address is mapped for a socket
// that wants it so.
func (c *PacketConn) WriteToAddrPort(p []byte, to netip.AddrPort) (n int, err error) {
	s := &c.out
	if err = s.begin(context.Background()); err == nil {
		if err = s.address(c.family, to); err == nil {
			err = s.send(p, 0)
			n = s.n
		}
		s.end()
	}
	if err != nil {
		sa, _ := rawsock.SockaddrFromAddrPort(to)
		return n, c.failTo("sendto", sa, err)
	}
	return n, nil
}
