package sys

import "golang.org/x/sys/unix"

// Errno is the number that a failed system call left; 0 is success.
type Errno = unix.Errno

// RawSockaddr is the kernel's view of one socket address: the bytes of a
// sockaddr and how many of them are valid. Len is what the kernel reported and
// may exceed the buffer; Bytes clamps it.
type RawSockaddr struct {
	Len  uint32
	Data [SizeofSockaddrStorage]byte
}

// SizeofSockaddrStorage is sizeof(struct sockaddr_storage) on every platform
// that this module builds for; no address that a kernel returns is longer.
const SizeofSockaddrStorage = 128

// Bytes returns the valid bytes, never more than the buffer holds.
func (a *RawSockaddr) Bytes() []byte {
	return a.Data[:min(int(a.Len), len(a.Data))]
}

// Kevent is struct kevent without its pointer: udata is a number, so that one
// slice of them is plain memory on every platform.
type Kevent struct {
	Ident  uint64
	Filter int16
	Flags  uint16
	Fflags uint32
	Data   int64
	Udata  uint64
}

// PollFd is struct pollfd.
type PollFd = unix.PollFd

// FileID names a file: two paths with equal FileIDs are the same file.
type FileID struct {
	Dev, Ino uint64
}

// Forever, as a timeout, waits until something happens.
const Forever = -1

// Kernel is just what package poller and package loop ask of an operating
// system. NewHost serves it with real calls; a simulator can serve it with a
// model.
//
// Memory handed over (slices, structs) stays the caller's and is not kept after
// the call returns, but it escapes to the heap: callers pass long-lived memory.
// Nothing here retries EINTR or hides an errno. A count accompanies an errno
// only where the system call gives both.
//
// A Kernel belongs to one loop. Other goroutines than the loop's may call only
// what a wake needs: Write, Read of a wake descriptor that is full, and Kevent
// without events, which triggers EVFILT_USER.
type Kernel interface {
	// Now is a monotonic clock in nanoseconds.
	Now() int64

	// EpollCreate1 wraps epoll_create1(2) with EPOLL_CLOEXEC.
	EpollCreate1() (fd int, e Errno)
	// EpollCtl wraps epoll_ctl(2); token is the event's 64-bit data.
	EpollCtl(epfd, op, fd int, events uint32, token uint64) Errno
	// EpollWait wraps epoll_pwait(2). It may sleep unless msec is 0.
	EpollWait(epfd int, events []EpollEvent, msec int) (n int, e Errno)

	// Kqueue wraps kqueue(2); the descriptor is close-on-exec.
	Kqueue() (fd int, e Errno)
	// Kevent wraps kevent(2): timeout in nanoseconds, Forever for none.
	Kevent(kq int, changes, events []Kevent, timeout int64) (n int, e Errno)

	// Poll wraps poll(2). It may sleep unless msec is 0.
	Poll(fds []PollFd, msec int) (n int, e Errno)

	// Eventfd wraps eventfd(2), nonblocking and close-on-exec.
	Eventfd() (fd int, e Errno)
	// Pipe makes a pipe, both ends nonblocking and close-on-exec.
	Pipe() (r, w int, e Errno)
	// Read wraps read(2) on a wake descriptor of ours.
	Read(fd int, p []byte) (n int, e Errno)
	// Write wraps write(2) on a wake descriptor of ours. Any goroutine may
	// call it.
	Write(fd int, p []byte) (n int, e Errno)

	// Socket wraps socket(2); the descriptor is nonblocking and close-on-exec.
	Socket(domain, typ, proto int) (fd int, e Errno)
	Bind(fd int, sa *RawSockaddr) Errno
	Listen(fd, backlog int) Errno
	Getsockname(fd int, sa *RawSockaddr) Errno
	Getpeername(fd int, sa *RawSockaddr) Errno
	Setsockopt(fd, level, name int, value []byte) Errno
	// Getsockopt returns how many bytes of value the kernel wrote.
	Getsockopt(fd, level, name int, value []byte) (n int, e Errno)
	SetNonblock(fd int, on bool) Errno
	// CloseOnExec sets FD_CLOEXEC.
	CloseOnExec(fd int) Errno

	// Accept accepts one connection, nonblocking and close-on-exec: accept4(2)
	// where it exists. sa may be nil. The listener must be nonblocking.
	Accept(fd int, sa *RawSockaddr) (nfd int, e Errno)
	// AcceptSleeping is Accept for a listener that somebody else may have made
	// blocking: it tells the Go scheduler that the call may sleep.
	AcceptSleeping(fd int, sa *RawSockaddr) (nfd int, e Errno)
	// Recv wraps recv(2) with MSG_DONTWAIT.
	Recv(fd int, p []byte) (n int, e Errno)
	// Send wraps send(2) with MSG_DONTWAIT|MSG_NOSIGNAL.
	Send(fd int, p []byte) (n int, e Errno)
	// Sendv sends several buffers with one sendmsg(2), flags as Send. Buffers
	// beyond MaxVectors are left out.
	Sendv(fd int, bufs [][]byte) (n int, e Errno)
	Shutdown(fd, how int) Errno
	// Close wraps close(2). The descriptor is gone whatever errno comes back.
	Close(fd int) Errno

	// FileID tells what path names, without following a last symbolic link.
	FileID(path string) (id FileID, e Errno)
	Unlink(path string) Errno
	// DescriptorLimit is the soft limit of RLIMIT_NOFILE.
	DescriptorLimit() (n uint64, e Errno)

	// Calls adds up the system calls made through this Kernel so far. Only the
	// loop's goroutine may call it.
	Calls() Calls
}

// MaxVectors is how many buffers one Sendv can send.
const MaxVectors = 64

// Calls counts system calls by kind.
type Calls struct {
	Wait     uint64 // epoll_pwait, kevent, poll
	Ctl      uint64 // epoll_ctl
	Accept   uint64
	Recv     uint64
	Send     uint64
	Sendmsg  uint64
	Shutdown uint64
	Close    uint64
	Sockopt  uint64 // getsockopt, setsockopt
	Wake     uint64 // write to a wake descriptor
	Other    uint64
}

// Total is the sum of all kinds.
func (c Calls) Total() uint64 {
	return c.Wait + c.Ctl + c.Accept + c.Recv + c.Send + c.Sendmsg +
		c.Shutdown + c.Close + c.Sockopt + c.Wake + c.Other
}
