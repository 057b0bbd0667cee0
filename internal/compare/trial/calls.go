//go:build linux

package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// calls are the three calls of the hot path, none of which can block:
// epoll_pwait with timeout 0, and recv and send with MSG_DONTWAIT.
type calls struct {
	poll func(ep int, ev []unix.EpollEvent) (int, error)
	recv func(fd int, b []byte) (int, unix.Errno)
	send func(fd int, b []byte) (int, unix.Errno)
}

// callsFor returns direct functions and not one taking the system call as an
// argument, so that the two forms differ in nothing but the call itself.
func callsFor(raw bool) calls {
	if raw {
		return calls{pollRaw, recvRaw, sendRaw}
	}
	return calls{pollSys, recvSys, sendSys}
}

func pollRaw(ep int, ev []unix.EpollEvent) (int, error) {
	n, _, e := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep), uintptr(unsafe.Pointer(&ev[0])), uintptr(len(ev)), 0, 0, 0)
	return polled(n, e)
}

func pollSys(ep int, ev []unix.EpollEvent) (int, error) {
	n, _, e := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep), uintptr(unsafe.Pointer(&ev[0])), uintptr(len(ev)), 0, 0, 0)
	return polled(n, e)
}

// wait sleeps in the kernel, so it tells the scheduler.
func wait(ep int, ev []unix.EpollEvent) (int, error) {
	n, _, e := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep), uintptr(unsafe.Pointer(&ev[0])), uintptr(len(ev)), ^uintptr(0), 0, 0)
	return polled(n, e)
}

func polled(n uintptr, e unix.Errno) (int, error) {
	switch e {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, e
}

func recvRaw(fd int, b []byte) (int, unix.Errno) {
	n, _, e := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), ioFlags, 0, 0)
	return int(n), e
}

func recvSys(fd int, b []byte) (int, unix.Errno) {
	n, _, e := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), ioFlags, 0, 0)
	return int(n), e
}

func sendRaw(fd int, b []byte) (int, unix.Errno) {
	n, _, e := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), ioFlags, 0, 0)
	return int(n), e
}

func sendSys(fd int, b []byte) (int, unix.Errno) {
	n, _, e := unix.Syscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), ioFlags, 0, 0)
	return int(n), e
}
