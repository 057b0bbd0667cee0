//go:build linux && !386 && !arm && !mips && !mipsle

package sys

import "golang.org/x/sys/unix"

// The calls that take a Timespec, and the names of calls that are others on
// architectures of 32 bits.
const (
	sysPpoll    = unix.SYS_PPOLL
	sysPselect6 = unix.SYS_PSELECT6
	sysRecvmmsg = unix.SYS_RECVMMSG

	ppollName    = "ppoll"
	pselect6Name = "pselect6"
	recvmmsgName = "recvmmsg"
	sendfileName = "sendfile"
	fcntlName    = "fcntl"
	fstatatName  = "newfstatat"
	fstatName    = "fstat"
)
