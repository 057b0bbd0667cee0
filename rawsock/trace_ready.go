package rawsock

import (
	"encoding/binary"
	"math/bits"
	"strings"

	"golang.org/x/sys/unix"
)

// The calls that wait: poll(2), select(2), epoll(7), kqueue(2).

const sizeofPollFd = 8

func argPollFds(l *line, i int) {
	a := l.arg(i)
	if a.Word == 0 && len(a.In) == 0 {
		l.str("NULL")
		return
	}
	l.array(len(a.In)/sizeofPollFd, func(j int) {
		fd := a.In[sizeofPollFd*j:]
		l.str("{fd=")
		l.int(int64(int32At(fd)))
		if int32At(fd) >= 0 {
			l.field("events")
			l.flags(uint64(binary.NativeEndian.Uint16(fd[4:])), pollFlagNames[:], "POLL???")
		}
		l.str("}")
	})
}

// pollResult is the count, which descriptors it counts, and the time left.
func pollResult(l *line) {
	l.int(int64(l.call.Ret))
	if l.call.Ret == 0 {
		l.str(" (Timeout)")
		return
	}
	at := len(l.b)
	l.str(" (")
	ready := l.pollReady(l.arg(0).Out)
	if ready && len(l.arg(2).Out) > 0 {
		l.str(", ")
	}
	if !l.timeLeft(2, "tv_nsec") && !ready {
		l.b = l.b[:at]
		return
	}
	l.str(")")
}

func (l *line) pollReady(fds []byte) bool {
	shown := 0
	for ; len(fds) >= sizeofPollFd; fds = fds[sizeofPollFd:] {
		revents := binary.NativeEndian.Uint16(fds[6:])
		if revents == 0 {
			continue
		}
		if shown == 0 {
			l.str("[")
		} else {
			l.str(", ")
		}
		if shown == l.limit {
			l.str("...")
			shown++
			break
		}
		l.str("{fd=")
		l.int(int64(int32At(fds)))
		l.field("revents")
		l.flags(uint64(revents), pollFlagNames[:], "POLL???")
		l.str("}")
		shown++
	}
	if shown > 0 {
		l.str("]")
	}
	return shown > 0
}

// argFdSet is the descriptors of a set that are below the call's first argument.
func argFdSet(l *line, i int) {
	a := l.arg(i)
	if a.In == nil {
		l.pointer(a.Word)
		return
	}
	l.str("[")
	sep := ""
	for fd := range members(a.In, l.word(0)) {
		l.str(sep)
		l.int(int64(fd))
		sep = " "
	}
	l.str("]")
}

// sizeofLong is sizeof(long).
const sizeofLong = bits.UintSize / 8

// ulongAt is the C unsigned long that b begins with.
func ulongAt(b []byte) uint64 {
	if sizeofLong == 8 {
		return uint64(int64At(b))
	}
	return uint64(uint32(int32At(b)))
}

// members ranges over the numbers below n that are in an fd_set, an array of C
// longs.
func members(set []byte, n int) func(yield func(fd int) bool) {
	return func(yield func(fd int) bool) {
		for at := 0; at+sizeofLong <= len(set) && at*8 < n; at += sizeofLong {
			bitsLeft := ulongAt(set[at:])
			for ; bitsLeft != 0; bitsLeft &= bitsLeft - 1 {
				fd := at*8 + bits.TrailingZeros64(bitsLeft)
				if fd >= n || !yield(fd) {
					return
				}
			}
		}
	}
}

func selectResult(l *line) {
	l.int(int64(l.call.Ret))
	if l.call.Ret == 0 {
		l.str(" (Timeout)")
		return
	}
	l.str(" (")
	sep := ""
	for i, name := range [...]string{"in", "out", "except"} {
		open := false
		for fd := range members(l.arg(i+1).Out, l.word(0)) {
			if !open {
				l.str(sep + name + " [")
				sep, open = ", ", true
			} else {
				l.str(" ")
			}
			l.int(int64(fd))
		}
		if open {
			l.str("]")
		}
	}
	if len(l.arg(4).Out) > 0 {
		l.str(sep)
		l.timeLeft(4, selectFraction(l))
	}
	l.str(")")
}

// selectFraction: select(2) has a struct timeval, pselect(2) a struct timespec.
func selectFraction(l *line) string {
	if strings.HasPrefix(l.call.Name, "p") {
		return "tv_nsec"
	}
	return "tv_usec"
}

// argSigset is a set of signals; one that has more than half of them is shown by
// what it has not.
func argSigset(l *line, i int) {
	a := l.arg(i)
	if a.In == nil {
		l.pointer(a.Word)
		return
	}
	l.sigset(a.In)
}

func (l *line) sigset(b []byte) {
	set := uint64(int64At(b))
	if bits.OnesCount64(set) > 32 {
		set = ^set
		l.str("~")
	}
	l.str("[")
	for sep := ""; set != 0; set &= set - 1 {
		l.str(sep)
		l.signal(bits.TrailingZeros64(set) + 1)
		sep = " "
	}
	l.str("]")
}

// signal is a name without SIG, and real-time signals by their number.
func (l *line) signal(n int) {
	const realtime = 32
	name := unix.SignalName(unix.Signal(n))
	switch {
	case n == realtime:
		l.str("RTMIN")
	case n > realtime:
		l.str("RT_")
		l.int(int64(n - realtime))
	case name != "":
		l.str(strings.TrimPrefix(name, "SIG"))
	default:
		l.int(int64(n))
	}
}

// argSigsetAndSize is the last argument of pselect6(2): a struct of the mask's
// address and size, because a system call has no seventh argument.
func argSigsetAndSize(l *line, i int) {
	a := l.arg(i)
	if len(a.Iov) != 1 {
		l.pointer(a.Word)
		return
	}
	l.str("{sigmask=")
	if mask := a.Iov[0]; mask.Data == nil {
		l.pointer(mask.Addr)
	} else {
		l.sigset(mask.Data)
	}
	l.field("sigsetsize")
	l.uint(uint64(a.Iov[0].Size))
	l.str("}")
}

func argEpollCreateFlags(l *line, i int) {
	l.flags(uint64(uint32(l.arg(i).Word)), epollCreateNames[:], "EPOLL_???")
}

func argEpollOp(l *line, i int) { l.name(l.word(i), epollOps[:], "EPOLL_CTL_???") }

// argEpollEvent is not read by EPOLL_CTL_DEL.
func argEpollEvent(l *line, i int) {
	a := l.arg(i)
	if l.word(1) == epollCtlDel || len(a.In) < sizeofEpollEvent {
		l.pointer(a.Word)
		return
	}
	l.epollEvent(a.In)
}

// sizeofEpollEvent is a struct epoll_event as internal/sys copies it.
const sizeofEpollEvent = 12

func (l *line) epollEvent(b []byte) {
	l.str("{events=")
	l.flags(uint64(uint32(int32At(b))), epollFlagNames[:], "EPOLL???")
	l.str(", data={u32=")
	token := uint64(int64At(b[4:]))
	l.uint(uint64(uint32(int32At(b[4:]))))
	l.str(", u64=")
	l.uint(token)
	l.str("}}")
}

func argEpollEvents(l *line, i int) {
	a := l.arg(i)
	if a.Out == nil {
		l.pointer(a.Word)
		return
	}
	l.array(len(a.Out)/sizeofEpollEvent, func(j int) { l.epollEvent(a.Out[sizeofEpollEvent*j:]) })
}

// sizeofKevent is a struct kevent as internal/sys copies it: ident, filter,
// flags, fflags, data, udata.
const sizeofKevent = 32

// argKevents are the changes or the events of kevent(2), which strace does not know.
func argKevents(l *line, i int) {
	a := l.arg(i)
	b := a.In
	if b == nil {
		b = a.Out
	}
	if b == nil {
		l.pointer(a.Word)
		return
	}
	l.array(len(b)/sizeofKevent, func(j int) {
		ev := b[sizeofKevent*j:]
		l.str("{ident=")
		l.uint(uint64(int64At(ev)))
		l.field("filter")
		l.name(int(int16(binary.NativeEndian.Uint16(ev[8:]))), keventFilters[:], "EVFILT_???")
		l.field("flags")
		l.flags(uint64(binary.NativeEndian.Uint16(ev[10:])), keventFlags[:], "EV_???")
		l.field("fflags")
		l.hex(uint64(uint32(int32At(ev[12:]))))
		l.field("data")
		l.int(int64At(ev[16:]))
		l.field("udata")
		l.hex(uint64(int64At(ev[24:])))
		l.str("}")
	})
}
