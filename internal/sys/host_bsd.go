//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Host is the Kernel of the machine that the program runs on. It counts the
// calls made through it; each loop has its own. On these systems it is compiled
// but was never run by this module's developers.
type Host struct {
	start   time.Time
	calls   Calls
	wakes   atomic.Uint64 // a wake comes from any goroutine
	changes keventList
	events  keventList
}

// NewHost returns a Kernel that makes real system calls.
func NewHost() *Host { return &Host{start: time.Now()} }

// Now is a monotonic clock, counted from when the Host was made.
func (h *Host) Now() int64 { return int64(time.Since(h.start)) }

// Calls implements Kernel.
func (h *Host) Calls() Calls {
	c := h.calls
	c.Wake = h.wakes.Load()
	return c
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
	list := unsafe.Slice((*unix.PollFd)(unsafe.Pointer(unsafe.SliceData(fds))), len(fds))
	n, err := unix.Poll(list, msec)
	return max(n, 0), errnoOf(err)
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

// Read wraps read(2).
func (h *Host) Read(fd int, p []byte) (int, Errno) {
	h.calls.Other++
	return read(fd, p)
}

// Write wraps write(2). Any goroutine may call it.
func (h *Host) Write(fd int, p []byte) (int, Errno) {
	h.wakes.Add(1)
	return write(fd, p)
}

// Socket wraps socket(2) and makes the descriptor nonblocking, close-on-exec
// and silent about SIGPIPE.
func (h *Host) Socket(domain, typ, proto int) (int, Errno) {
	h.calls.Other++
	return noSignal(nonblocking(cloexec(func() (int, Errno) { return socket(domain, typ, proto) })))
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

// Getsockopt wraps getsockopt(2) for the sizes that x/sys has.
func (h *Host) Getsockopt(fd, level, name int, value []byte) (int, Errno) {
	h.calls.Sockopt++
	return getsockopt(fd, level, name, value)
}

// SetNonblock is one ioctl(FIONBIO).
func (h *Host) SetNonblock(fd int, on bool) Errno {
	h.calls.Other++
	return setNonblock(fd, on)
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

// Recv wraps recvfrom(2) with MSG_DONTWAIT.
func (h *Host) Recv(fd int, p []byte) (int, Errno) {
	h.calls.Recv++
	return rawRecv(fd, p, unix.MSG_DONTWAIT)
}

// Send wraps sendmsg(2) with MSG_DONTWAIT; no SIGPIPE is raised.
func (h *Host) Send(fd int, p []byte) (int, Errno) {
	h.calls.Send++
	return rawSend(fd, p, unix.MSG_DONTWAIT|msgNoSignal)
}

// Sendv wraps sendmsg(2), as Send.
func (h *Host) Sendv(fd int, bufs [][]byte) (int, Errno) {
	h.calls.Sendmsg++
	raceReleaseIO()
	n, err := unix.SendmsgBuffers(fd, bufs[:min(len(bufs), MaxVectors)], nil, nil, unix.MSG_DONTWAIT|msgNoSignal)
	return max(n, 0), errnoOf(err)
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
	var st unix.Stat_t
	err := unix.Lstat(path, &st)
	return FileID{Dev: uint64(st.Dev), Ino: uint64(st.Ino)}, errnoOf(err)
}

// Unlink wraps unlink(2).
func (h *Host) Unlink(path string) Errno {
	h.calls.Other++
	return errnoOf(unix.Unlink(path))
}

// DescriptorLimit is the soft limit of RLIMIT_NOFILE.
func (h *Host) DescriptorLimit() (uint64, Errno) {
	h.calls.Other++
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	return uint64(limit.Cur), errnoOf(err)
}

var _ Kernel = (*Host)(nil)
