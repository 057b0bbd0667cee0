package rawsock

import (
	"errors"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// Sock is convenience: a socket that behaves as one of Python's. It has a mode,
// which its timeout decides:
//
//	GetTimeout    GetBlocking    O_NONBLOCK    a call that cannot go on at once
//	NoTimeout     true           no            sleeps in the kernel
//	0             false          yes           EAGAIN, or EINPROGRESS from Connect
//	> 0           true           yes           sleeps in poll(2), then os.ErrDeadlineExceeded
//
// The methods defined on *Sock heed the mode and make a call again after EINTR.
// All others are FD's: one exact call, which in the third mode returns EAGAIN
// where it would have to wait. Setting O_NONBLOCK past the Sock, with SetNonblock
// or through a duplicate, does not change what the Sock takes its mode to be.
//
// A timeout limits each call on its own, measured on the monotonic clock; of
// those that make several system calls (Sendall, Recvfull, Read, Write) it
// limits all of them together. Timeouts round up to milliseconds. The error
// of a timeout is os.ErrDeadlineExceeded, which has a Timeout method that
// reports true; all other errors are bare errnos, and io.EOF and
// io.ErrUnexpectedEOF where a method says so.
//
// Descriptors are made close-on-exec, as Python makes them.
//
// Several goroutines may send, receive, accept and Shutdown at the same time.
// SetTimeout, SetBlocking, Detach and Close want to be alone: Close does not wake
// who sleeps in a call, Shutdown does. A Sock has no finalizer.
//
// A Sock is made by NewSock, FromFD, Accept, CreateServer or CreateConnection;
// its zero value is descriptor 0 and of no use.
type Sock struct {
	// FD is the descriptor, -1 after Close and Detach: every call then returns
	// EBADF.
	FD

	timeout            time.Duration
	family, typ, proto int
}

var _ io.ReadWriteCloser = (*Sock)(nil)

// NewSock makes a socket, close-on-exec, with the default timeout. SOCK_NONBLOCK
// in typ means timeout 0.
func NewSock(domain, typ, proto int) (*Sock, error) {
	fd, e := sys.SocketCloexec(domain, typ, proto)
	if e != 0 {
		return nil, e
	}
	s := &Sock{FD: FD(fd), family: domain, typ: typ &^ sockFlags, proto: proto}
	if typ&sockNonblock != 0 {
		return s, nil
	}
	return s.begin(false)
}

// FromFD makes a Sock of an open socket, which it now owns. Family, type and
// protocol are read back from the kernel; where it does not tell the protocol, as
// on darwin, it is 0. With a default timeout O_NONBLOCK is set,
// without one the descriptor's flags stay as they are. With an error fd is still
// the caller's.
//
// ENOTSOCK, EBADF: fd is not a socket.
func FromFD(fd FD) (*Sock, error) {
	name, err := fd.Getsockname()
	if err != nil {
		return nil, err
	}
	s := &Sock{FD: fd, family: name.Family(), timeout: GetDefaultTimeout()}
	if s.typ, err = fd.SockType(); err != nil {
		return nil, err
	}
	if s.proto, err = fd.SockProtocol(); err != nil && err != errors.ErrUnsupported {
		return nil, err
	}
	if s.timeout != NoTimeout {
		if err := fd.SetNonblock(true); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// begin gives a new socket the default timeout, or closes it. A descriptor that
// may have inherited O_NONBLOCK is set either way.
func (s *Sock) begin(inherits bool) (*Sock, error) {
	s.timeout = GetDefaultTimeout()
	if s.timeout != NoTimeout || inherits {
		if err := s.FD.SetNonblock(s.timeout != NoTimeout); err != nil {
			_ = s.FD.Close()
			return nil, err
		}
	}
	return s, nil
}

// Family is the address family the socket was made with.
func (s *Sock) Family() int { return s.family }

// Type is the socket's type, without SOCK_NONBLOCK and SOCK_CLOEXEC.
func (s *Sock) Type() int { return s.typ }

// Proto is the protocol the socket was made with.
func (s *Sock) Proto() int { return s.proto }

// GetTimeout returns the timeout: NoTimeout, 0 or more.
func (s *Sock) GetTimeout() time.Duration { return s.timeout }

// SetTimeout sets the timeout, and with it the mode, by one ioctl(FIONBIO). A
// call that sleeps already goes on as it began.
//
// EINVAL: negative, but not NoTimeout.
func (s *Sock) SetTimeout(d time.Duration) error {
	if !validTimeout(d) {
		return unix.EINVAL
	}
	if err := s.FD.SetNonblock(d != NoTimeout); err != nil {
		return err
	}
	s.timeout = d
	return nil
}

// GetBlocking reports whether calls may sleep: whether the timeout is not 0.
func (s *Sock) GetBlocking() bool { return s.timeout != 0 }

// SetBlocking is SetTimeout with NoTimeout if on, with 0 if not.
func (s *Sock) SetBlocking(on bool) error {
	if on {
		return s.SetTimeout(NoTimeout)
	}
	return s.SetTimeout(0)
}

// Dup returns a Sock on a duplicate of the descriptor, close-on-exec, with the
// same timeout. Both share one socket, and O_NONBLOCK with it.
func (s *Sock) Dup() (*Sock, error) {
	fd, err := s.Fcntl(unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	dup := *s
	dup.FD = FD(fd)
	return &dup, nil
}

// Detach gives the descriptor to the caller. The Sock is as if closed.
func (s *Sock) Detach() FD {
	fd := s.FD
	s.FD = -1
	return fd
}

// Close closes the descriptor with one close(2), never retried. ECONNRESET, by
// which some kernels say that the peer was gone already, is no error. A Sock
// that is closed or detached can be closed again.
func (s *Sock) Close() error {
	if s.FD < 0 {
		return nil
	}
	if err := s.Detach().Close(); err != unix.ECONNRESET {
		return err
	}
	return nil
}
