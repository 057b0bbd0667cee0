package sys

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// The records of calls on files.

func traceLstat(path string, st Stat, e Errno) {
	trace(fstatatName, 0, e, num(unix.AT_FDCWD), bytesIn([]byte(path)), statOut(st, e), num(unix.AT_SYMLINK_NOFOLLOW))
}

func traceUnlink(path string, e Errno) {
	args := atPath(path)
	if filesByAt {
		args = append(args, num(0))
	}
	trace(unlinkName, 0, e, args...)
}

// statOut is a struct stat of which no more than mode and size is shown.
func statOut(st Stat, e Errno) Arg {
	a := Arg{Word: unknown}
	if e == 0 {
		a.Out = binary.NativeEndian.AppendUint64(nativeInts(int(st.Mode)), uint64(st.Size))
	}
	return a
}

// atPath is the arguments of a call on a path.
func atPath(path string, more ...Arg) []Arg {
	args := []Arg{bytesIn([]byte(path))}
	if filesByAt {
		args = []Arg{num(unix.AT_FDCWD), args[0]}
	}
	return append(args, more...)
}
