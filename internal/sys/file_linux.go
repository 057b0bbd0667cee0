package sys

import "golang.org/x/sys/unix"

// x/sys makes the calls on paths by their newer forms, and asks for large files.
const (
	filesByAt  = true
	openAdds   = unix.O_LARGEFILE
	openName   = "openat"
	unlinkName = "unlinkat"
	chmodName  = "fchmodat"
)
