package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The primitives: one system call each, no hook. The forms that may sleep go
// through Syscall, which lets the Go scheduler give this thread's processor to
// other goroutines; the raw ones go through RawSyscall and must not sleep.
//
// unsafe.Pointer is converted inside the call expression, which keeps the
// memory alive and unmoved during the call without making it escape.

func socket(domain, typ, proto int) (int, Errno) {
	r, _, e := unix.Syscall(unix.SYS_SOCKET, uintptr(domain), uintptr(typ), uintptr(proto))
	return int(r), e
}

func socketpair(domain, typ, proto int, fds *[2]int32) Errno {
	_, _, e := unix.Syscall6(unix.SYS_SOCKETPAIR, uintptr(domain), uintptr(typ), uintptr(proto), uintptr(unsafe.Pointer(fds)), 0, 0)
	return e
}

func bind(fd int, sa *RawSockaddr) Errno {
	_, _, e := unix.Syscall(unix.SYS_BIND, uintptr(fd), uintptr(sockaddrPointer(sa)), sockaddrLen(sa))
	return e
}

func connect(fd int, sa *RawSockaddr) Errno {
	_, _, e := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(sockaddrPointer(sa)), sockaddrLen(sa))
	return e
}

func listen(fd, backlog int) Errno {
	_, _, e := unix.Syscall(unix.SYS_LISTEN, uintptr(fd), uintptr(backlog), 0)
	return e
}

func accept4(fd int, sa *RawSockaddr, flags int) (int, Errno) {
	size := openSockaddr(sa)
	r, _, e := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(sockaddrPointer(sa)), uintptr(unsafe.Pointer(size)), uintptr(flags), 0, 0)
	return int(r), e
}

func rawAccept4(fd int, sa *RawSockaddr, flags int) (int, Errno) {
	size := openSockaddr(sa)
	r, _, e := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(sockaddrPointer(sa)), uintptr(unsafe.Pointer(size)), uintptr(flags), 0, 0)
	return int(r), e
}

func getsockname(fd int, sa *RawSockaddr) Errno {
	size := openSockaddr(sa)
	_, _, e := unix.Syscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(sockaddrPointer(sa)), uintptr(unsafe.Pointer(size)))
	return e
}

func getpeername(fd int, sa *RawSockaddr) Errno {
	size := openSockaddr(sa)
	_, _, e := unix.Syscall(unix.SYS_GETPEERNAME, uintptr(fd), uintptr(sockaddrPointer(sa)), uintptr(unsafe.Pointer(size)))
	return e
}

func sendto(fd int, p []byte, flags int, to *RawSockaddr) (int, Errno) {
	raceReleaseIO()
	r, _, e := unix.Syscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(bytesPointer(p)), uintptr(len(p)), uintptr(flags), uintptr(sockaddrPointer(to)), sockaddrLen(to))
	return sent(p, r, e)
}

func rawSend(fd int, p []byte, flags int) (int, Errno) {
	raceReleaseIO()
	r, _, e := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(bytesPointer(p)), uintptr(len(p)), uintptr(flags), 0, 0)
	return sent(p, r, e)
}

func recvfrom(fd int, p []byte, flags int, from *RawSockaddr) (int, Errno) {
	size := openSockaddr(from)
	r, _, e := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(bytesPointer(p)), uintptr(len(p)), uintptr(flags), uintptr(sockaddrPointer(from)), uintptr(unsafe.Pointer(size)))
	return received(p, r, e)
}

func rawRecv(fd int, p []byte, flags int) (int, Errno) {
	r, _, e := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(bytesPointer(p)), uintptr(len(p)), uintptr(flags), 0, 0)
	return received(p, r, e)
}

func read(fd int, p []byte) (int, Errno) {
	r, _, e := unix.Syscall(unix.SYS_READ, uintptr(fd), uintptr(bytesPointer(p)), uintptr(len(p)))
	return received(p, r, e)
}

func write(fd int, p []byte) (int, Errno) {
	raceReleaseIO()
	r, _, e := unix.Syscall(unix.SYS_WRITE, uintptr(fd), uintptr(bytesPointer(p)), uintptr(len(p)))
	return sent(p, r, e)
}

func rawSendmsg(fd int, msg *unix.Msghdr, flags int) (int, Errno) {
	raceReleaseIO()
	r, _, e := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(msg)), uintptr(flags))
	if e != 0 {
		return 0, e
	}
	return int(r), 0
}

func getsockopt(fd, level, name int, value []byte) (int, Errno) {
	size := uint32(len(value))
	_, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name), uintptr(bytesPointer(value)), uintptr(unsafe.Pointer(&size)), 0)
	return min(int(size), len(value)), e
}

func setsockopt(fd, level, name int, value []byte) Errno {
	_, _, e := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name), uintptr(bytesPointer(value)), uintptr(len(value)), 0)
	return e
}

func setsockoptNull(fd, level, name, size int) Errno {
	_, _, e := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name), 0, uintptr(size), 0)
	return e
}

func shutdown(fd, how int) Errno {
	_, _, e := unix.Syscall(unix.SYS_SHUTDOWN, uintptr(fd), uintptr(how), 0)
	return e
}

func closefd(fd int) Errno {
	_, _, e := unix.Syscall(unix.SYS_CLOSE, uintptr(fd), 0, 0)
	return e
}

// setNonblock is one ioctl(FIONBIO), as fcntl would be two calls.
func setNonblock(fd int, on bool) Errno {
	var flag int32
	if on {
		flag = 1
	}
	_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), FIONBIO, uintptr(unsafe.Pointer(&flag)))
	return e
}

func epollCtl(epfd, op, fd int, ev *EpollEvent) Errno {
	_, _, e := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(epfd), uintptr(op), uintptr(fd), uintptr(unsafe.Pointer(ev)), 0, 0)
	return e
}

// epollWait is epoll_pwait(2) with no signal mask, because newer
// architectures have no epoll_wait(2).
func epollWait(epfd int, events []EpollEvent, msec int) (int, Errno) {
	r, _, e := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(epfd), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), uintptr(msec), 0, 0)
	return count(r, e)
}

func rawEpollWait(epfd int, events []EpollEvent) (int, Errno) {
	r, _, e := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epfd), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	return count(r, e)
}

func ppoll(fds []PollFd, timeout *unix.Timespec) (int, Errno) {
	r, _, e := unix.Syscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(unsafe.SliceData(fds))), uintptr(len(fds)), uintptr(unsafe.Pointer(timeout)), 0, 0, 0)
	return count(r, e)
}

func rawPpoll(fds []PollFd, timeout *unix.Timespec) (int, Errno) {
	r, _, e := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(unsafe.SliceData(fds))), uintptr(len(fds)), uintptr(unsafe.Pointer(timeout)), 0, 0, 0)
	return count(r, e)
}

func sockaddrPointer(sa *RawSockaddr) unsafe.Pointer {
	if sa == nil {
		return nil
	}
	return unsafe.Pointer(&sa.Data)
}

func sockaddrLen(sa *RawSockaddr) uintptr {
	if sa == nil {
		return 0
	}
	return uintptr(sa.Len)
}

// openSockaddr makes sa ready to be filled and returns where the kernel reads
// and writes its length; nil for no address.
func openSockaddr(sa *RawSockaddr) *uint32 {
	if sa == nil {
		return nil
	}
	*sa = RawSockaddr{Len: SizeofSockaddrStorage}
	return &sa.Len
}

func count(r uintptr, e Errno) (int, Errno) {
	if e != 0 {
		return 0, e
	}
	return int(r), 0
}

// received and sent tell the race detector what the kernel did with p, as
// x/sys does around Read and Write.
func received(p []byte, r uintptr, e Errno) (int, Errno) {
	if e != 0 {
		return 0, e
	}
	n := int(r)
	raceWroteRange(p, n)
	raceAcquireIO()
	return n, 0
}

func sent(p []byte, r uintptr, e Errno) (int, Errno) {
	if e != 0 {
		return 0, e
	}
	n := int(r)
	raceReadRange(p, n)
	return n, 0
}
