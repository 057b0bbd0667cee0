package sys

import (
	"encoding/binary"
	"time"
	"unsafe"
)

// The records of calls that wait. They make the call too, because they show
// memory before and after it.

func tracePoll(fds []PollFd, msec int) (int, Errno) {
	if pollIsPpoll {
		if msec < 0 {
			return tracePpoll(fds, nil, nil)
		}
		timeout := time.Duration(msec) * time.Millisecond
		return tracePpoll(fds, &timeout, nil)
	}
	list := Arg{Word: addressOf(fds), In: pollBytes(fds)}
	n, e := poll(fds, msec)
	if e == 0 {
		list.Out = pollBytes(fds)
	}
	trace("poll", n, e, list, num(len(fds)), num(msec))
	return n, e
}

func tracePpoll(fds []PollFd, timeout *time.Duration, mask *Sigset) (int, Errno) {
	list := Arg{Word: addressOf(fds), In: pollBytes(fds)}
	wait := timeoutBefore(timeout)
	n, e := ppollMask(fds, timeout, mask)
	if e == 0 {
		list.Out = pollBytes(fds)
	}
	wait.Out = timeoutBefore(timeout).In
	trace(ppollName, n, e, list, num(len(fds)), wait, maskIn(mask), num(sizeofSigset))
	return n, e
}

// timeoutBefore is a struct timespec that the call reads, both fields of 64
// bits.
func timeoutBefore(timeout *time.Duration) Arg {
	if timeout == nil {
		return null()
	}
	a := timespecIn(int64(*timeout))
	a.Word = uintptr(unsafe.Pointer(timeout))
	return a
}

func maskIn(mask *Sigset) Arg {
	if mask == nil {
		return null()
	}
	b, _ := binary.Append(nil, binary.NativeEndian, mask)
	return Arg{Word: uintptr(unsafe.Pointer(mask)), In: b[:min(sizeofSigset, len(b))]}
}
