package rawsock

import (
	"strconv"

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

func argFileMode(l *line, i int) { l.mode(uint32(l.arg(i).Word & 0xffff)) }

// mode has at least three digits after the zero.
func (l *line) mode(m uint32) {
	l.str("0")
	for limit := uint32(0o100); limit > 1 && m < limit; limit >>= 3 {
		l.str("0")
	}
	l.b = strconv.AppendUint(l.b, uint64(m), 8)
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

// argFileStat is the mode and the size of a struct stat, which are 0 where a
// Kernel was asked, for it keeps only what tells files apart.
func argFileStat(l *line, i int) {
	a := l.arg(i)
	mode := uint32(int32At(a.Out))
	switch {
	case len(a.Out) < 12:
		l.pointer(a.Word)
		return
	case mode == 0:
		l.str("{...}")
		return
	}
	l.str("{st_mode=")
	l.name(int(mode&unix.S_IFMT), fileTypes[:], "S_IF???")
	for _, bit := range modeBits {
		if mode&uint32(bit.value) != 0 {
			l.str("|" + bit.name)
		}
	}
	l.str("|")
	l.mode(mode & 0o777)
	l.field("st_size")
	l.int(int64At(a.Out[4:]))
	l.str(", ...}")
}

var fileTypes = [...]name{
	{unix.S_IFSOCK, "S_IFSOCK"},
	{unix.S_IFLNK, "S_IFLNK"},
	{unix.S_IFREG, "S_IFREG"},
	{unix.S_IFBLK, "S_IFBLK"},
	{unix.S_IFDIR, "S_IFDIR"},
	{unix.S_IFCHR, "S_IFCHR"},
	{unix.S_IFIFO, "S_IFIFO"},
}

var modeBits = [...]name{{unix.S_ISUID, "S_ISUID"}, {unix.S_ISGID, "S_ISGID"}, {unix.S_ISVTX, "S_ISVTX"}}

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

// argOpen is the flags of open(2); openArgs leaves out the mode of a file that is
// not made.
func argOpen(l *line, i int) { l.openFlags(uint64(uint32(l.arg(i).Word))) }

func openArgs(l *line) int {
	n := len(l.call.Args)
	if n > 1 && l.word(n-2)&unix.O_CREAT == 0 {
		n--
	}
	return n
}

func argFlock(l *line, i int) { l.flags(uint64(uint32(l.arg(i).Word)), flockNames[:], "LOCK_???") }

var flockNames = [...]name{
	{unix.LOCK_SH, "LOCK_SH"}, {unix.LOCK_EX, "LOCK_EX"}, {unix.LOCK_NB, "LOCK_NB"}, {unix.LOCK_UN, "LOCK_UN"},
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
