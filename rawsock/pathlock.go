package rawsock

import (
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// pathLock is a lock on a path by flock(2) on a file beside it, which is empty and
// exists only while somebody holds the lock, or died holding it.
type pathLock struct {
	fd   int
	file sys.FileID
	path string
}

// lockPath takes the lock; EWOULDBLOCK: somebody else has it. EEXIST: the file is
// no such lock, but has something in it, or is of another kind.
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
	fd, e := sys.Open(l.path, unix.O_RDWR|unix.O_CREAT|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if e != 0 {
		return false, e
	}
	defer func() {
		if !held {
			sys.Close(fd)
		}
	}()
	if err := RetryEINTR(func() error { return asError(sys.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)) }); err != nil {
		return false, err
	}
	locked, e := sys.Fstat(fd)
	switch {
	case e != 0:
		return false, e
	case locked.Mode&unix.S_IFMT != unix.S_IFREG, locked.Size != 0:
		return false, unix.EEXIST // release would remove it
	}
	found, e := sys.Lstat(l.path)
	if e != 0 && e != unix.ENOENT {
		return false, e
	}
	l.fd, l.file = fd, locked.FileID
	return found.FileID == locked.FileID, nil
}

// release removes the file while it is still locked, so that nobody else's goes;
// nor does one that took the place of ours after somebody removed that.
func (l *pathLock) release() error {
	if l.fd < 0 {
		return nil
	}
	if now, e := sys.Lstat(l.path); e == 0 && now.FileID == l.file {
		sys.Unlink(l.path)
	}
	fd := l.fd
	l.fd = -1
	return asError(sys.Close(fd))
}
