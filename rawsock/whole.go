package rawsock

import (
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Convenience: what follows in this file makes as many calls as a whole buffer
// needs.

// Sendall sends all of p on a stream, by send(2) again and again, also after
// EINTR. With an error n is how much of p the kernel took; on a nonblocking
// descriptor that error can be EAGAIN. An empty p is sent once, which on a
// datagram socket is an empty datagram.
func Sendall(fd FD, p []byte, flags int) (n int, err error) {
	s := Sock{FD: fd, timeout: NoTimeout}
	return s.Sendall(p, flags)
}

// Recvfull receives until p is full, by recv(2) again and again, also after
// EINTR. With an error n is how much of p is filled: io.EOF if the stream ended
// before the first byte, io.ErrUnexpectedEOF if it ended later, EAGAIN possibly
// on a nonblocking descriptor. It is for streams: between datagrams it would hide
// where one ends.
func Recvfull(fd FD, p []byte, flags int) (n int, err error) {
	s := Sock{FD: fd, timeout: NoTimeout}
	return s.Recvfull(p, flags)
}

// Sendall is the function Sendall in the mode of s. A timeout is one deadline
// for the whole: with os.ErrDeadlineExceeded n bytes are on their way.
func (s *Sock) Sendall(p []byte, flags int) (n int, err error) {
	return s.whole(p, func(limit time.Duration, rest []byte) (int, error) {
		return s.sendWithin(limit, rest, flags)
	})
}

// Recvfull is the function Recvfull in the mode of s. A timeout is one deadline
// for the whole: with os.ErrDeadlineExceeded n bytes of p are filled.
func (s *Sock) Recvfull(p []byte, flags int) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err = s.whole(p, func(limit time.Duration, rest []byte) (int, error) {
		m, err := s.recvWithin(limit, rest, flags)
		if m == 0 && err == nil {
			err = io.EOF
		}
		return m, err
	})
	if err == io.EOF && n > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// whole calls part with what is left of p and of the timeout until p is used up.
func (s *Sock) whole(p []byte, part func(limit time.Duration, rest []byte) (int, error)) (n int, err error) {
	deadline := time.Now().Add(s.timeout) // of no meaning without a timeout
	for left := s.timeout; ; left = time.Until(deadline) {
		if s.timeout > 0 && left <= 0 {
			return n, os.ErrDeadlineExceeded
		}
		m, err := part(left, p[n:])
		n += m
		if err != nil || n == len(p) {
			return n, err
		}
	}
}

// Read is recv(2) as an io.Reader wants it: the end of a stream is io.EOF. An
// empty datagram is 0, nil. bufio.NewReader(s) is what makefile("rb") is in
// Python.
func (s *Sock) Read(p []byte) (n int, err error) {
	n, err = s.Recv(p, 0)
	if n == 0 && err == nil && len(p) > 0 && s.typ != unix.SOCK_DGRAM && s.typ != unix.SOCK_RAW {
		err = io.EOF
	}
	return n, err
}

// Write is Sendall, as an io.Writer wants it.
func (s *Sock) Write(p []byte) (n int, err error) { return s.Sendall(p, 0) }
