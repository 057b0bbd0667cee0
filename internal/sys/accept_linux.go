//go:build !386 && !s390x

package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const acceptIsAccept4 = false

func accept(fd int, sa *RawSockaddr) (int, Errno) {
	size := openSockaddr(sa)
	r, _, e := unix.Syscall(unix.SYS_ACCEPT, uintptr(fd), uintptr(sockaddrPointer(sa)), uintptr(unsafe.Pointer(size)))
	return int(r), e
}
