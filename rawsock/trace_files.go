package rawsock

import (
	"golang.org/x/sys/unix"
)

// The calls that are not about sockets alone: ioctl(2), fcntl(2), and those that
// name files.

func argSpliceFlags(l *line, i int) {
	l.flags(uint64(uint32(l.arg(i).Word)), spliceFlagNames[:], "SPLICE_F_???")
}

func argEventfdFlags(l *line, i int) {
	l.flags(uint64(uint32(l.arg(i).Word)), eventfdFlagNames[:], "EFD_???")
}

func argOpenFlags(l *line, i int) { l.flags(uint64(uint32(l.arg(i).Word)), openFlagNames[:], "O_???") }

func argFileMode(l *line, i int) {
	if mode := uint64(l.arg(i).Word & 0xffff); mode < 0o1000 {
		l.threeOctal(mode)
	} else {
		l.octal(mode)
	}
}

// threeOctal has at least three digits after the zero.
func (l *line) threeOctal(mode uint64) {
	l.b = append(l.b, '0', '0'+byte(mode>>6&7), '0'+byte(mode>>3&7), '0'+byte(mode&7))
}

// argDirectory is the first argument of the calls that end in -at.
func argDirectory(l *line, i int) {
	if fd := l.word(i); fd == atFdcwd {
		l.str("AT_FDCWD")
	} else {
		l.int(int64(fd))
	}
}

func argAtFlags(l *line, i int) { l.flags(uint64(uint32(l.arg(i).Word)), atFlagNames[:], "AT_???") }

// argFileStat: a Kernel keeps of a struct stat only what tells files apart.
func argFileStat(l *line, i int) {
	if l.failed() {
		l.pointer(l.arg(i).Word)
		return
	}
	l.str("{...}")
}

func argLimitResource(l *line, i int) { l.name(l.word(i), limitResources[:], "RLIMIT_???") }

// argLimit is the soft limit, of which alone a Kernel is asked.
func argLimit(l *line, i int) {
	a := l.arg(i)
	if len(a.Out) < 8 {
		l.pointer(a.Word)
		return
	}
	l.str("{rlim_cur=")
	switch v := uint64(int64At(a.Out)); {
	case v == 1<<64-1:
		l.str("RLIM64_INFINITY")
	case v > 1<<10 && v%(1<<10) == 0:
		l.uint(v >> 10)
		l.str("*1024")
	default:
		l.uint(v)
	}
	l.str(", ...}")
}

// fcntlArgs: a command that only asks has no third argument.
func fcntlArgs(l *line) int {
	switch l.word(1) {
	case unix.F_GETFD, unix.F_GETFL, unix.F_GETOWN, fGetPipeSize:
		return 2
	}
	return 3
}

func argFcntlCommand(l *line, i int) { l.name(l.word(i), fcntlCommands[:], "F_???") }

func argFcntl(l *line, i int) {
	v := uint64(uint32(l.arg(i).Word))
	switch l.word(1) {
	case unix.F_SETFD:
		l.flags(v, fdFlagNames[:], "FD_???")
	case unix.F_SETFL:
		l.openFlags(v)
	case unix.F_DUPFD, unix.F_DUPFD_CLOEXEC, unix.F_SETOWN:
		argNumber(l, i)
	default:
		l.fcntlArg(i)
	}
}

// openFlags are those of open(2), the way to access first.
func (l *line) openFlags(v uint64) {
	l.str([...]string{"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"}[v&unix.O_ACCMODE])
	if v &^= unix.O_ACCMODE; v != 0 {
		l.str("|")
		l.flags(v, openFlagNames[:], "O_???")
	}
}

func fcntlResult(l *line) {
	v := uint64(l.call.Ret)
	switch cmd := l.word(1); {
	case cmd == unix.F_GETFL:
		l.hex(v)
		l.str(" (flags ")
		l.openFlags(v)
		l.str(")")
	case cmd == unix.F_GETFD && v != 0:
		l.hex(v)
		l.str(" (flags ")
		l.flags(v, fdFlagNames[:], "FD_???")
		l.str(")")
	default:
		l.int(int64(l.call.Ret))
	}
}

var fdFlagNames = [...]name{{unix.FD_CLOEXEC, "FD_CLOEXEC"}}

// request is an ioctl's number, which has all bits of a C unsigned int.
type request struct {
	value uint32
	name  string
}

func argIoctlRequest(l *line, i int) {
	v := uint32(l.arg(i).Word)
	for _, row := range ioctlRequests {
		if row.value == v {
			l.str(row.name)
			return
		}
	}
	l.hex(uint64(v))
}

// argIoctl is a pointer to an int, in or out; what is behind others is not
// shown.
func argIoctl(l *line, i int) {
	a := l.arg(i)
	b := a.In
	if b == nil {
		b = a.Out
	}
	if len(b) != 4 {
		l.pointer(a.Word)
		return
	}
	l.oneInt(b)
}
