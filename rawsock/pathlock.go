package rawsock

import "golang.org/x/sys/unix"

// fileID names a file: two paths with equal fileIDs are the same file.
type fileID struct{ dev, ino uint64 }

// lstat returns what path names, without following it, and st_mode.
func lstat(path string) (fileID, uint32, error) {
	var st unix.Stat_t
	err := unix.Lstat(path, &st)
	return idOf(&st), uint32(st.Mode), err
}

func idOf(st *unix.Stat_t) fileID { return fileID{uint64(st.Dev), uint64(st.Ino)} }

// pathLock is a lock on a path by flock(2) on a file beside it, which exists only
// while somebody holds the lock, or died holding it.
type pathLock struct {
	fd   int
	path string
}

// lockPath takes the lock; EWOULDBLOCK: somebody else has it.
func lockPath(path string) (*pathLock, error) {
	l := &pathLock{path: path + ".lock"}
	for {
		held, err := l.take()
		switch {
		case err != nil:
			return nil, err
		case held:
			return l, nil
		}
	}
}

// take opens and locks the file. Its last holder may have removed it between the
// two: then the lock that was got is on a file that nobody will find, and held is
// false.
func (l *pathLock) take() (held bool, err error) {
	fd, err := unix.Open(l.path, unix.O_RDWR|unix.O_CREAT|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return false, err
	}
	defer func() {
		if !held {
			_ = unix.Close(fd)
		}
	}()
	if err := RetryEINTR(func() error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) }); err != nil {
		return false, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return false, err
	}
	found, _, err := lstat(l.path)
	if err != nil && err != unix.ENOENT {
		return false, err
	}
	l.fd = fd
	return found == idOf(&st), nil
}

// release removes the file while it is still locked, so that nobody else's goes.
func (l *pathLock) release() error {
	if l.fd < 0 {
		return nil
	}
	_ = unix.Unlink(l.path)
	fd := l.fd
	l.fd = -1
	return unix.Close(fd)
}
