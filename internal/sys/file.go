package sys

import "golang.org/x/sys/unix"

// Stat is what is asked of a struct stat.
type Stat struct {
	FileID
	Mode uint32 // st_mode
	Size int64
}

// Lstat is lstat(2), made by fstatat(2) because newer architectures have no
// lstat(2).
func Lstat(path string) (Stat, Errno) {
	st, e := lstat(path)
	if Tracing() {
		traceLstat(path, st, e)
	}
	return st, e
}

// Fstat wraps fstat(2).
func Fstat(fd int) (Stat, Errno) {
	var st unix.Stat_t
	e := errnoOf(unix.Fstat(fd, &st))
	if Tracing() {
		trace(fstatName, 0, e, num(fd), statOut(statOf(&st), e))
	}
	return statOf(&st), e
}

// Open wraps open(2), or openat(2) with AT_FDCWD.
func Open(path string, flags int, mode uint32) (int, Errno) {
	fd, e := descriptor(unix.Open(path, flags, mode))
	if Tracing() {
		trace(openName, fd, e, atPath(path, num(flags|openAdds), num(int(mode)))...)
	}
	return fd, e
}

// Flock wraps flock(2).
func Flock(fd, how int) Errno {
	e := errnoOf(unix.Flock(fd, how))
	if Tracing() {
		trace("flock", 0, e, num(fd), num(how))
	}
	return e
}

// Unlink wraps unlink(2), or unlinkat(2) with AT_FDCWD.
func Unlink(path string) Errno {
	e := errnoOf(unix.Unlink(path))
	if Tracing() {
		traceUnlink(path, e)
	}
	return e
}

// Chmod wraps chmod(2), or fchmodat(2) with AT_FDCWD.
func Chmod(path string, mode uint32) Errno {
	e := errnoOf(unix.Chmod(path, mode))
	if Tracing() {
		trace(chmodName, 0, e, atPath(path, num(int(mode)))...)
	}
	return e
}

// Fchmod wraps fchmod(2).
func Fchmod(fd int, mode uint32) Errno {
	e := errnoOf(unix.Fchmod(fd, mode))
	if Tracing() {
		trace("fchmod", 0, e, num(fd), num(int(mode)))
	}
	return e
}

func lstat(path string) (Stat, Errno) {
	var st unix.Stat_t
	e := errnoOf(unix.Fstatat(unix.AT_FDCWD, path, &st, unix.AT_SYMLINK_NOFOLLOW))
	return statOf(&st), e
}

func statOf(st *unix.Stat_t) Stat {
	return Stat{FileID{Dev: uint64(st.Dev), Ino: st.Ino}, uint32(st.Mode), st.Size}
}
