package sys

import (
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Host is the Kernel of the machine that the program runs on. It counts the
// calls made through it; each loop has its own.
type Host struct {
	start time.Time
	calls Calls
	wakes atomic.Uint64 // Write comes from any goroutine,
	reads atomic.Uint64 // and so does Read

	// What the kernel reads during a call lives here, so that nothing is
	// allocated per call.
	event EpollEvent
	iov   [MaxVectors]unix.Iovec
	msg   unix.Msghdr
	limit unix.Rlimit
	stat  unix.Stat_t
}

// NewHost returns a Kernel that makes real system calls.
func NewHost() *Host { return &Host{start: time.Now()} }

// Now is CLOCK_MONOTONIC, counted from when the Host was made.
func (h *Host) Now() int64 { return int64(time.Since(h.start)) }

// Calls implements Kernel.
func (h *Host) Calls() Calls {
	c := h.calls
	c.Wake = h.wakes.Load()
	c.Other += h.reads.Load()
	return c
}

// EpollCreate1 wraps epoll_create1(EPOLL_CLOEXEC).
func (h *Host) EpollCreate1() (int, Errno) {
	h.calls.Other++
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return fd, errnoOf(err)
}

// EpollCtl wraps epoll_ctl(2), which never sleeps.
func (h *Host) EpollCtl(epfd, op, fd int, events uint32, token uint64) Errno {
	h.calls.Ctl++
	h.event.Events = events
	SetToken(&h.event, token)
	return epollCtl(epfd, op, fd, &h.event)
}

// EpollWait wraps epoll_pwait(2). Only with timeout 0 it cannot sleep, and only
// then the scheduler need not know: a raw call that sleeps stalls the garbage
// collector until it returns.
func (h *Host) EpollWait(epfd int, events []EpollEvent, msec int) (int, Errno) {
	h.calls.Wait++
	if msec == 0 {
		return rawEpollWait(epfd, events)
	}
	return epollWait(epfd, events, msec)
}

// Kqueue is not there on Linux.
func (h *Host) Kqueue() (int, Errno) { return -1, unix.ENOSYS }

// Kevent is not there on Linux.
func (h *Host) Kevent(int, []Kevent, []Kevent, int64) (int, Errno) { return 0, unix.ENOSYS }

// Poll is poll(2), made by ppoll(2) because newer architectures have no poll(2).
func (h *Host) Poll(fds []PollFd, msec int) (int, Errno) {
	h.calls.Wait++
	if msec < 0 {
		return ppoll(fds, nil)
	}
	timeout := unix.NsecToTimespec(int64(msec) * int64(time.Millisecond))
	if msec == 0 {
		return rawPpoll(fds, &timeout)
	}
	return ppoll(fds, &timeout)
}

// Eventfd wraps eventfd2(0, EFD_NONBLOCK|EFD_CLOEXEC).
func (h *Host) Eventfd() (int, Errno) {
	h.calls.Other++
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	return fd, errnoOf(err)
}

// Pipe wraps pipe2(O_NONBLOCK|O_CLOEXEC).
func (h *Host) Pipe() (r, w int, e Errno) {
	h.calls.Other++
	var p [2]int
	err := unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC)
	return p[0], p[1], errnoOf(err)
}

// Read wraps read(2).
func (h *Host) Read(fd int, p []byte) (int, Errno) {
	h.reads.Add(1)
	return read(fd, p)
}

// Write wraps write(2). Any goroutine may call it.
func (h *Host) Write(fd int, p []byte) (int, Errno) {
	h.wakes.Add(1)
	return write(fd, p)
}

// Socket wraps socket(2) with SOCK_NONBLOCK|SOCK_CLOEXEC.
func (h *Host) Socket(domain, typ, proto int) (int, Errno) {
	h.calls.Other++
	return socket(domain, typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, proto)
}

// Bind wraps bind(2).
func (h *Host) Bind(fd int, sa *RawSockaddr) Errno {
	h.calls.Other++
	return bind(fd, sa)
}

// Listen wraps listen(2).
func (h *Host) Listen(fd, backlog int) Errno {
	h.calls.Other++
	return listen(fd, backlog)
}

// Getsockname wraps getsockname(2).
func (h *Host) Getsockname(fd int, sa *RawSockaddr) Errno {
	h.calls.Other++
	return getsockname(fd, sa)
}

// Getpeername wraps getpeername(2).
func (h *Host) Getpeername(fd int, sa *RawSockaddr) Errno {
	h.calls.Other++
	return getpeername(fd, sa)
}

// Setsockopt wraps setsockopt(2).
func (h *Host) Setsockopt(fd, level, name int, value []byte) Errno {
	h.calls.Sockopt++
	return setsockopt(fd, level, name, value)
}

// Getsockopt wraps getsockopt(2).
func (h *Host) Getsockopt(fd, level, name int, value []byte) (int, Errno) {
	h.calls.Sockopt++
	return getsockopt(fd, level, name, value)
}

// SetNonblock is one ioctl(FIONBIO).
func (h *Host) SetNonblock(fd int, on bool) Errno {
	h.calls.Other++
	return setNonblock(fd, on)
}

// Accept wraps accept4(SOCK_NONBLOCK|SOCK_CLOEXEC): on Linux an accepted
// socket does not inherit O_NONBLOCK.
func (h *Host) Accept(fd int, sa *RawSockaddr) (int, Errno) {
	h.calls.Accept++
	return rawAccept4(fd, sa, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
}

// AcceptSleeping is Accept for a listener that may be blocking.
func (h *Host) AcceptSleeping(fd int, sa *RawSockaddr) (int, Errno) {
	h.calls.Accept++
	return accept4(fd, sa, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
}

// Recv wraps recv(2). MSG_DONTWAIT and not O_NONBLOCK is what makes the raw
// call safe: anyone who shares the open file description can clear O_NONBLOCK.
func (h *Host) Recv(fd int, p []byte) (int, Errno) {
	h.calls.Recv++
	return rawRecv(fd, p, unix.MSG_DONTWAIT)
}

// Send wraps send(2) with MSG_DONTWAIT, for the same reason, and MSG_NOSIGNAL.
func (h *Host) Send(fd int, p []byte) (int, Errno) {
	h.calls.Send++
	return rawSend(fd, p, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

// Sendv wraps sendmsg(2): writev(2) has no place for MSG_NOSIGNAL.
func (h *Host) Sendv(fd int, bufs [][]byte) (int, Errno) {
	h.calls.Sendmsg++
	n := min(len(bufs), MaxVectors)
	for i, b := range bufs[:n] {
		h.iov[i].Base = (*byte)(bytesPointer(b))
		h.iov[i].SetLen(len(b))
	}
	h.msg.Iov = &h.iov[0]
	h.msg.SetIovlen(n)
	sent, e := rawSendmsg(fd, &h.msg, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	clear(h.iov[:n]) // or they would keep the callers' buffers alive
	return sent, e
}

// Shutdown wraps shutdown(2).
func (h *Host) Shutdown(fd, how int) Errno {
	h.calls.Shutdown++
	return shutdown(fd, how)
}

// Close wraps close(2), once.
func (h *Host) Close(fd int) Errno {
	h.calls.Close++
	return closefd(fd)
}

// FileID wraps lstat(2).
func (h *Host) FileID(path string) (FileID, Errno) {
	h.calls.Other++
	err := unix.Lstat(path, &h.stat)
	return FileID{Dev: uint64(h.stat.Dev), Ino: uint64(h.stat.Ino)}, errnoOf(err)
}

// Unlink wraps unlink(2).
func (h *Host) Unlink(path string) Errno {
	h.calls.Other++
	return errnoOf(unix.Unlink(path))
}

// DescriptorLimit is the soft limit of RLIMIT_NOFILE.
func (h *Host) DescriptorLimit() (uint64, Errno) {
	h.calls.Other++
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &h.limit)
	return h.limit.Cur, errnoOf(err)
}
