package sys

import (
	"time"

	"golang.org/x/sys/unix"
)

// What a Host adds to the calls of a loop. MSG_DONTWAIT and not O_NONBLOCK is what
// makes the raw calls safe: anyone who shares the open file description can clear
// O_NONBLOCK.
const (
	socketFlags = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	recvFlags   = unix.MSG_DONTWAIT
	sendFlags   = unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL
)

// platform is what the kernel reads during a call.
type platform struct {
	event EpollEvent
	iov   [MaxVectors]unix.Iovec
	msg   unix.Msghdr
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

// Socket wraps socket(2) with SOCK_NONBLOCK|SOCK_CLOEXEC.
func (h *Host) Socket(domain, typ, proto int) (int, Errno) {
	h.calls.Other++
	return socket(domain, typ|socketFlags, proto)
}

// Accept wraps accept4(SOCK_NONBLOCK|SOCK_CLOEXEC): on Linux an accepted
// socket does not inherit O_NONBLOCK.
func (h *Host) Accept(fd int, sa *RawSockaddr) (int, Errno) {
	h.calls.Accept++
	return rawAccept4(fd, sa, socketFlags)
}

// AcceptSleeping is Accept for a listener that may be blocking.
func (h *Host) AcceptSleeping(fd int, sa *RawSockaddr) (int, Errno) {
	h.calls.Accept++
	return accept4(fd, sa, socketFlags)
}

// Send wraps send(2) with MSG_DONTWAIT|MSG_NOSIGNAL.
func (h *Host) Send(fd int, p []byte) (int, Errno) {
	h.calls.Send++
	return rawSend(fd, p, sendFlags)
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
	sent, e := rawSendmsg(fd, &h.msg, sendFlags)
	clear(h.iov[:n]) // or they would keep the callers' buffers alive
	return sent, e
}

// DescriptorLimit is the soft limit of RLIMIT_NOFILE.
func (h *Host) DescriptorLimit() (uint64, Errno) {
	h.calls.Other++
	var limit unix.Rlimit
	err := unix.Prlimit(0, unix.RLIMIT_NOFILE, nil, &limit)
	return limit.Cur, errnoOf(err)
}
