package sys

import (
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Host is the Kernel of the machine that the program runs on. It counts the
// calls made through it; each loop has its own. What every platform does alike
// is here, the rest in the platform's own file, with the memory that its calls
// need so that none is allocated per call.
type Host struct {
	platform
	start time.Time
	calls Calls
	wakes atomic.Uint64 // wakes and reads of a wake descriptor
	reads atomic.Uint64 // come from any goroutine
}

var _ Kernel = (*Host)(nil)

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

// Read wraps read(2). Any goroutine may call it.
func (h *Host) Read(fd int, p []byte) (int, Errno) {
	h.reads.Add(1)
	return read(fd, p)
}

// Write wraps write(2). Any goroutine may call it.
func (h *Host) Write(fd int, p []byte) (int, Errno) {
	h.wakes.Add(1)
	return write(fd, p)
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

// CloseOnExec wraps fcntl(F_SETFD, FD_CLOEXEC).
func (h *Host) CloseOnExec(fd int) Errno {
	h.calls.Other++
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC)
	return errnoOf(err)
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

// FileID is Lstat.
func (h *Host) FileID(path string) (FileID, Errno) {
	h.calls.Other++
	st, e := lstat(path)
	return st.FileID, e
}

// Unlink wraps unlink(2).
func (h *Host) Unlink(path string) Errno {
	h.calls.Other++
	return errnoOf(unix.Unlink(path))
}

// Recv wraps recv(2) with MSG_DONTWAIT.
func (h *Host) Recv(fd int, p []byte) (int, Errno) {
	h.calls.Recv++
	return rawRecv(fd, p, recvFlags)
}
