package sys

import (
	"encoding/binary"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

type mmsghdr = unix.Mmsghdr

// oneEach is memory for one struct iovec in each of n messages, in one array.
func oneEach(n int) func(i int) Vectors {
	iov := make([]unix.Iovec, n)
	return func(i int) Vectors { return Vectors{iov[i : i : i+1]} }
}

func (b Batch) setBuffers(i int) {
	b.slots[i].vectors.clear() // or what is set no more would be kept alive
	iov := b.slots[i].vectors.set(b.slots[i].buffers)
	h := &b.heads[i].Hdr
	h.Iov = unsafe.SliceData(iov)
	h.SetIovlen(len(iov))
}

func (b Batch) setControl(i int) {
	h := &b.heads[i].Hdr
	h.Control = nil
	if control := b.slots[i].control; len(control) > 0 {
		h.Control = unsafe.SliceData(control)
	}
}

// flags is msg_flags, which sendmmsg does not read: what a recvmmsg left.
func (b Batch) flags(i int) int { return int(b.heads[i].Hdr.Flags) }

func sendmmsg(fd int, b Batch, flags int) (int, Errno) {
	for i := range b.slots {
		s, h := &b.slots[i], &b.heads[i].Hdr
		h.Name, h.Namelen = nil, s.name.Len
		if s.name.Len > 0 {
			h.Name = &s.name.Data[0]
		}
		h.SetControllen(len(s.control))
	}
	raceReleaseIO()
	n, e := mmsg(unix.SYS_SENDMMSG, fd, b, flags, nil)
	for i := range b.slots[:n] {
		s := &b.slots[i]
		s.result = result{n: int32(b.heads[i].Len)}
		raceBuffers(s.buffers, int(s.result.n), raceReadRange)
	}
	return n, e
}

func recvmmsg(fd int, b Batch, flags int, timeout *time.Duration) (int, Errno) {
	for i := range b.slots {
		s, h := &b.slots[i], &b.heads[i].Hdr
		h.Name, h.Namelen = nil, 0
		if !s.noName {
			h.Name, h.Namelen = &s.name.Data[0], SizeofSockaddrStorage
		}
		h.SetControllen(len(s.control))
	}
	var ts Timespec
	n, e := mmsg(sysRecvmmsg, fd, b, flags, ts.in(timeout))
	ts.out(timeout)
	for i := range b.slots[:n] {
		s, h := &b.slots[i], &b.heads[i]
		s.result = result{int32(h.Len), int32(min(int(h.Hdr.Controllen), len(s.control))), h.Hdr.Flags}
		if size := h.Hdr.Namelen; size != s.name.Len && !s.noName {
			s.name.filled(size)
		}
		raceBuffers(s.buffers, int(s.result.n), raceWroteRange)
	}
	raceAcquireIO()
	return n, e
}

// mmsg makes one of the two calls, in the raw form if it cannot sleep.
func mmsg(trap uintptr, fd int, b Batch, flags int, timeout *Timespec) (int, Errno) {
	if b.noSleep && flags&unix.MSG_DONTWAIT != 0 {
		r, _, e := unix.RawSyscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b.heads))), uintptr(len(b.heads)), uintptr(flags), uintptr(unsafe.Pointer(timeout)), 0)
		return count(r, e)
	}
	r, _, e := unix.Syscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b.heads))), uintptr(len(b.heads)), uintptr(flags), uintptr(unsafe.Pointer(timeout)), 0)
	return count(r, e)
}

// filled puts the length right after the kernel has written size bytes over an
// address: at most all of them, and of a unix address one byte less for a NUL
// that has no room (unix(7), BUGS).
func (a *RawSockaddr) filled(size uint32) {
	size = min(size, SizeofSockaddrStorage)
	if size > unix.SizeofSockaddrUnix && binary.NativeEndian.Uint16(a.Data[:]) == unix.AF_UNIX {
		size = unix.SizeofSockaddrUnix
	}
	if size < a.Len {
		clear(a.Data[size:a.Len])
	}
	a.Len = size
}
