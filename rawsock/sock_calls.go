package rawsock

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// call makes a call as the mode wants it: at once, or when fd is ready for
// events, at the latest after limit, if the Sock has a timeout.
func (s *Sock) call(events int16, limit time.Duration, call func() error) error {
	if s.timeout <= 0 || s.FD < 0 { // poll(2) would sleep on a negative descriptor
		return RetryEINTR(call)
	}
	return attempt(s.FD, events, limit, call)
}

// Accept accepts a connection. The new Sock has the default timeout, not the
// listener's, and is close-on-exec. Families without addresses, such as AF_ALG,
// need FD's AcceptNull.
func (s *Sock) Accept() (*Sock, Sockaddr, error) {
	var from Sockaddr
	c := &Sock{family: s.family, typ: s.typ, proto: s.proto}
	err := s.call(unix.POLLIN, s.timeout, func() error {
		fd, e := sys.AcceptCloexec(int(s.FD), &from.raw)
		c.FD = FD(fd)
		return asError(e)
	})
	if err != nil {
		return nil, Sockaddr{}, err
	}
	if c, err = c.begin(acceptInheritsNonblock); err != nil {
		return nil, Sockaddr{}, err
	}
	return c, from.received(), nil
}

// Connect connects to an address. With a timeout it waits that long for the
// connection, and without one also after a signal interrupted connect(2), which
// is made once. With timeout 0 it returns EINPROGRESS, or EINTR, while the kernel
// goes on connecting. On a unix socket that is not blocking EAGAIN says that the
// listener's queue is full and that nothing was begun.
func (s *Sock) Connect(sa Sockaddr) error {
	err := s.FD.Connect(sa)
	if err == unix.EINTR && s.timeout != 0 || err == unix.EINPROGRESS && s.timeout > 0 {
		return attempt(s.FD, unix.POLLOUT|unix.POLLERR, s.timeout, s.connected)
	}
	return err
}

// connected returns how an attempt to connect ended. Reading SO_ERROR clears it.
// Some kernels report EISCONN here for success.
func (s *Sock) connected() error {
	e, err := s.FD.GetsockoptInt(unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil || e == 0 || unix.Errno(e) == unix.EISCONN {
		return err
	}
	return unix.Errno(e)
}

// ConnectEx is Connect that returns a number, as Python's connect_ex does: 0 for
// success, and EWOULDBLOCK for a timeout.
func (s *Sock) ConnectEx(sa Sockaddr) unix.Errno {
	err := s.Connect(sa)
	if err == os.ErrDeadlineExceeded {
		return unix.EWOULDBLOCK
	}
	e, _ := err.(unix.Errno)
	return e
}

// Send sends once, perhaps less than all of p on a stream.
func (s *Sock) Send(p []byte, flags int) (n int, err error) {
	return s.sendWithin(s.timeout, p, flags)
}

func (s *Sock) sendWithin(limit time.Duration, p []byte, flags int) (n int, err error) {
	err = s.call(unix.POLLOUT, limit, func() (e error) { n, e = s.FD.Send(p, flags); return e })
	return n, err
}

// Sendto sends once, to an address.
func (s *Sock) Sendto(p []byte, flags int, to Sockaddr) (n int, err error) {
	err = s.call(unix.POLLOUT, s.timeout, func() (e error) { n, e = s.FD.Sendto(p, flags, to); return e })
	return n, err
}

// Recv receives once. With no room in p it makes no call and returns 0, nil, as
// Python does.
func (s *Sock) Recv(p []byte, flags int) (n int, err error) {
	return s.recvWithin(s.timeout, p, flags)
}

func (s *Sock) recvWithin(limit time.Duration, p []byte, flags int) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	err = s.call(unix.POLLIN, limit, func() (e error) { n, e = s.FD.Recv(p, flags); return e })
	return n, err
}

// Recvfrom receives once, with the sender's address; also with no room in p,
// which takes a datagram away.
func (s *Sock) Recvfrom(p []byte, flags int) (n int, from Sockaddr, err error) {
	err = s.call(unix.POLLIN, s.timeout, func() (e error) { n, from, e = s.FD.Recvfrom(p, flags); return e })
	return n, from, err
}

// Sendmsg sends one message.
func (s *Sock) Sendmsg(m *Msghdr, flags int) (n int, err error) {
	err = s.call(unix.POLLOUT, s.timeout, func() (e error) { n, e = s.FD.Sendmsg(m, flags); return e })
	return n, err
}

// Recvmsg receives one message, also with no room in m.
func (s *Sock) Recvmsg(m *Msghdr, flags int) (n int, err error) {
	err = s.call(unix.POLLIN, s.timeout, func() (e error) { n, e = s.FD.Recvmsg(m, flags); return e })
	return n, err
}
