package sys

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

func (t traced) EpollCreate1() (int, Errno) {
	fd, e := t.Kernel.EpollCreate1()
	trace("epoll_create1", fd, e, num(unix.EPOLL_CLOEXEC))
	return fd, e
}

func (t traced) EpollCtl(epfd, op, fd int, events uint32, token uint64) Errno {
	e := t.Kernel.EpollCtl(epfd, op, fd, events, token)
	event := Arg{Word: unknown, In: appendEvent(nil, events, token)}
	trace("epoll_ctl", 0, e, num(epfd), num(op), num(fd), event)
	return e
}

func (t traced) EpollWait(epfd int, events []EpollEvent, msec int) (int, Errno) {
	n, e := t.Kernel.EpollWait(epfd, events, msec)
	got := Arg{Word: addressOf(events)}
	if e == 0 {
		got.Out = []byte{}
		for i := range events[:n] {
			got.Out = appendEvent(got.Out, events[i].Events, Token(&events[i]))
		}
	}
	trace("epoll_pwait", n, e, num(epfd), got, num(len(events)), num(msec), null(), num(0))
	return n, e
}

// appendEvent appends the fields of a struct epoll_event without padding, which
// is how amd64 has it.
func appendEvent(b []byte, events uint32, token uint64) []byte {
	b = binary.NativeEndian.AppendUint32(b, events)
	return binary.NativeEndian.AppendUint64(b, token)
}

// Poll does not show the time left that ppoll(2) reports: a Kernel keeps it.
func (t traced) Poll(fds []PollFd, msec int) (int, Errno) {
	list := Arg{Word: addressOf(fds), In: pollBytes(fds)}
	n, e := t.Kernel.Poll(fds, msec)
	if e == 0 {
		list.Out = pollBytes(fds)
	}
	timeout := null()
	if msec >= 0 {
		timeout = timespecIn(int64(msec) * int64(time.Millisecond))
	}
	trace("ppoll", n, e, list, num(len(fds)), timeout, null(), num(0))
	return n, e
}

func (t traced) Eventfd() (int, Errno) {
	fd, e := t.Kernel.Eventfd()
	trace("eventfd2", fd, e, num(0), num(unix.EFD_CLOEXEC|unix.EFD_NONBLOCK))
	return fd, e
}

func (t traced) Pipe() (r, w int, e Errno) {
	r, w, e = t.Kernel.Pipe()
	pipe := Arg{Word: unknown}
	if e == 0 {
		pipe.Out = nativeInts(r, w)
	}
	trace("pipe2", 0, e, pipe, num(unix.O_NONBLOCK|unix.O_CLOEXEC))
	return r, w, e
}

// DescriptorLimit shows the soft limit alone, as a Kernel does.
func (t traced) DescriptorLimit() (uint64, Errno) {
	n, e := t.Kernel.DescriptorLimit()
	limit := Arg{Word: unknown}
	if e == 0 {
		limit.Out = binary.NativeEndian.AppendUint64(nil, n)
	}
	trace("prlimit64", 0, e, num(0), num(unix.RLIMIT_NOFILE), null(), limit)
	return n, e
}

func traceHostAccept(fd int, sa *RawSockaddr, nfd int, e Errno) {
	traceAccept4(fd, sa, socketFlags, nfd, e)
}
