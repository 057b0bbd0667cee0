//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

func (t traced) Kqueue() (int, Errno) {
	fd, e := t.Kernel.Kqueue()
	trace("kqueue", fd, e)
	return fd, e
}

func (t traced) Kevent(kq int, changes, events []Kevent, timeout int64) (int, Errno) {
	list := Arg{Word: addressOf(changes), In: keventBytes(changes)}
	n, e := t.Kernel.Kevent(kq, changes, events, timeout)
	got := Arg{Word: addressOf(events)}
	if e == 0 {
		got.Out = keventBytes(events[:n])
	}
	wait := null()
	if timeout >= 0 {
		wait = timespecIn(timeout)
	}
	trace("kevent", n, e, num(kq), list, num(len(changes)), got, num(len(events)), wait)
	return n, e
}

// keventBytes is the memory of Kevents, field after field.
func keventBytes(list []Kevent) []byte {
	b := []byte{}
	for i := range list {
		b, _ = binary.Append(b, binary.NativeEndian, &list[i])
	}
	return b
}

func (t traced) Poll(fds []PollFd, msec int) (int, Errno) {
	list := Arg{Word: addressOf(fds), In: pollBytes(fds)}
	n, e := t.Kernel.Poll(fds, msec)
	if e == 0 {
		list.Out = pollBytes(fds)
	}
	trace("poll", n, e, list, num(len(fds)), num(msec))
	return n, e
}

func (t traced) Pipe() (r, w int, e Errno) {
	r, w, e = t.Kernel.Pipe()
	pipe := Arg{Word: unknown}
	if e == 0 {
		pipe.Out = nativeInts(r, w)
	}
	trace("pipe", 0, e, pipe)
	return r, w, e
}

// DescriptorLimit shows the soft limit alone, as a Kernel does.
func (t traced) DescriptorLimit() (uint64, Errno) {
	n, e := t.Kernel.DescriptorLimit()
	limit := Arg{Word: unknown}
	if e == 0 {
		limit.Out = binary.NativeEndian.AppendUint64(nil, n)
	}
	trace("getrlimit", 0, e, num(unix.RLIMIT_NOFILE), limit)
	return n, e
}

func traceHostAccept(fd int, sa *RawSockaddr, nfd int, e Errno) {
	traceAccept(fd, sa, nfd, e)
}
