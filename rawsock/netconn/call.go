package netconn

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// The calls that a side makes.

// maxBytes is what one call is asked to move: darwin refuses 2 GiB, and Linux cuts
// it a little below.
const maxBytes = 1 << 30

func (s *side) read(fd rawsock.FD) (int, error) {
	return fd.Recv(s.p[:min(len(s.p), maxBytes)], 0)
}

// write writes all of p. What an attempt wrote before it had to wait stays
// written.
func (s *side) write(fd rawsock.FD) (int, error) {
	for {
		n, err := fd.Send(s.p[s.done:min(len(s.p), s.done+maxBytes)], 0)
		s.done += n
		switch {
		case err != nil, s.done == len(s.p):
			return s.done, err
		case n == 0:
			return s.done, io.ErrUnexpectedEOF
		}
	}
}

// writeMessage writes p as one message, which goes whole or not at all.
func (s *side) writeMessage(fd rawsock.FD) (int, error) { return fd.Send(s.p, 0) }

func (s *side) recvfrom(fd rawsock.FD) (int, error) { return fd.RecvfromInto(s.p, s.flags, &s.sa) }

func (s *side) sendto(fd rawsock.FD) (int, error)  { return fd.SendtoAt(s.p, s.flags, &s.sa) }
func (s *side) recvmsg(fd rawsock.FD) (int, error) { return fd.Recvmsg(s.msg, s.flags) }
func (s *side) sendmsg(fd rawsock.FD) (int, error) { return fd.Sendmsg(s.msg, s.flags) }

// writev writes once; how much is for the caller to see.
func (s *side) writev(fd rawsock.FD) (int, error) { return fd.Writev(s.bufs) }

// accept accepts one connection. One that its peer gave up while it was in the
// queue says nothing about the next.
func (s *side) accept(fd rawsock.FD) (int, error) {
	s.sock.FD = fd
	for {
		conn, peer, err := s.sock.Accept()
		switch err {
		case nil:
			s.fd, s.sa = conn.Detach(), peer
		case unix.ECONNABORTED:
			continue
		}
		return 0, err
	}
}

// errQueueFull is EAGAIN of connect, which differs from that of all other calls:
// nothing has begun, and nothing will tell when it can.
var errQueueFull = errors.New("netconn: the queue of the listener is full")

// connect begins to connect the first time, and asks how it went when the socket
// is said to be writable. That can be said too early: a socket that is not
// connected yet has neither an error nor a peer.
func (s *side) connect(fd rawsock.FD) (int, error) {
	if s.done == 0 {
		s.done = 1
		switch err := fd.Connect(s.sa); err {
		case unix.EISCONN:
			return 0, nil
		case unix.EINTR: // it goes on by itself, and must not be made again
			return 0, unix.EINPROGRESS
		case unix.EAGAIN:
			return 0, errQueueFull
		default:
			return 0, err
		}
	}
	pending, err := fd.SockError()
	if err == nil && pending != unix.EISCONN {
		err = pending
	}
	if err != nil {
		return 0, err
	}
	if _, err := fd.Getpeername(); err != nil {
		return 0, unix.EAGAIN
	}
	return 0, nil
}
