//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

// What a Host adds to the calls of a loop as flags; the rest it does by further
// calls.
const (
	socketFlags = 0
	recvFlags   = unix.MSG_DONTWAIT
	sendFlags   = unix.MSG_DONTWAIT | msgNoSignal
)

// platform is what kevent(2) reads and fills. The host of these systems is
// compiled but was never run by this module's developers.
type platform struct {
	changes keventList
	events  keventList
}

// EpollCreate1 is not there on these systems.
func (h *Host) EpollCreate1() (int, Errno) { return -1, unix.ENOSYS }

// EpollCtl is not there on these systems.
func (h *Host) EpollCtl(int, int, int, uint32, uint64) Errno { return unix.ENOSYS }

// EpollWait is not there on these systems.
func (h *Host) EpollWait(int, []EpollEvent, int) (int, Errno) { return 0, unix.ENOSYS }

// Kqueue wraps kqueue(2) and makes the descriptor close-on-exec.
func (h *Host) Kqueue() (int, Errno) {
	h.calls.Other++
	return cloexec(func() (int, Errno) { return descriptor(unix.Kqueue()) })
}

// Kevent wraps kevent(2). Without events it may be called from any goroutine:
// that is how EVFILT_USER is triggered.
func (h *Host) Kevent(kq int, changes, events []Kevent, timeout int64) (int, Errno) {
	if len(events) == 0 {
		h.wakes.Add(1)
		var in, out keventList
		return kevent(kq, changes, nil, timeout, &in, &out)
	}
	if len(changes) == 0 {
		h.calls.Wait++
	} else {
		h.calls.Ctl++
	}
	return kevent(kq, changes, events, timeout, &h.changes, &h.events)
}

// Poll wraps poll(2).
func (h *Host) Poll(fds []PollFd, msec int) (int, Errno) {
	h.calls.Wait++
	return poll(fds, msec)
}

// Eventfd is not used on these systems, although some have it: a pipe does.
func (h *Host) Eventfd() (int, Errno) { return -1, unix.ENOSYS }

// Pipe wraps pipe(2) and makes both ends nonblocking and close-on-exec.
func (h *Host) Pipe() (r, w int, e Errno) {
	h.calls.Other++
	var p [2]int
	_, e = cloexec(func() (int, Errno) {
		err := unix.Pipe(p[:])
		if err == nil {
			unix.CloseOnExec(p[1])
		}
		return descriptor(p[0], err)
	})
	if e != 0 {
		return -1, -1, e
	}
	for _, fd := range p {
		if e := setNonblock(fd, true); e != 0 {
			closefd(p[0])
			closefd(p[1])
			return -1, -1, e
		}
	}
	return p[0], p[1], 0
}

// Socket wraps socket(2) and makes the descriptor nonblocking, close-on-exec
// and silent about SIGPIPE.
func (h *Host) Socket(domain, typ, proto int) (int, Errno) {
	h.calls.Other++
	return noSignal(nonblocking(cloexec(func() (int, Errno) { return socket(domain, typ, proto) })))
}

// Accept accepts a connection, nonblocking and close-on-exec.
func (h *Host) Accept(fd int, sa *RawSockaddr) (int, Errno) {
	h.calls.Accept++
	return noSignal(acceptCloexec(fd, sa, false))
}

// AcceptSleeping is Accept for a listener that may be blocking.
func (h *Host) AcceptSleeping(fd int, sa *RawSockaddr) (int, Errno) {
	h.calls.Accept++
	return noSignal(acceptCloexec(fd, sa, true))
}

// Send wraps sendmsg(2) with MSG_DONTWAIT; no SIGPIPE is raised.
func (h *Host) Send(fd int, p []byte) (int, Errno) {
	h.calls.Send++
	return rawSend(fd, p, sendFlags)
}

// Sendv wraps sendmsg(2), as Send.
func (h *Host) Sendv(fd int, bufs [][]byte) (int, Errno) {
	h.calls.Sendmsg++
	raceReleaseIO()
	n, err := unix.SendmsgBuffers(fd, bufs[:min(len(bufs), MaxVectors)], nil, nil, sendFlags)
	return max(n, 0), errnoOf(err)
}

// DescriptorLimit is the soft limit of RLIMIT_NOFILE.
func (h *Host) DescriptorLimit() (uint64, Errno) {
	h.calls.Other++
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	return uint64(limit.Cur), errnoOf(err)
}
