//go:build linux && (386 || arm || mips || mipsle)

package sys

import "golang.org/x/sys/unix"

// The calls that take a Timespec, on architectures of 32 bits: Linux 5.1. And
// the names there of calls that are others elsewhere.
const (
	sysPpoll    = unix.SYS_PPOLL_TIME64
	sysPselect6 = unix.SYS_PSELECT6_TIME64
	sysRecvmmsg = unix.SYS_RECVMMSG_TIME64

	ppollName    = "ppoll_time64"
	pselect6Name = "pselect6_time64"
	recvmmsgName = "recvmmsg_time64"
	sendfileName = "sendfile64"
	fcntlName    = "fcntl64"
	fstatatName  = "fstatat64"
	fstatName    = "fstat64"
)
