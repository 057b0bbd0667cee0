package rawsock

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// UnixConfig is how ListenUnix makes a server. Its zero value is a stream socket
// that only its owner may connect to.
type UnixConfig struct {
	// Type is SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM; 0 means SOCK_STREAM.
	Type int
	// Mode is the permission of the socket's file, of which write permission lets
	// connect or send; 0 means 0600. As for open(2), the umask takes away from it.
	Mode fs.FileMode
	// Backlog is for listen(2); 0 means DefaultBacklog.
	Backlog int
	// Control, if not nil, sets options before bind(2).
	Control func(fd FD) error
}

// UnixListener is a Sock that owns the file of its address.
type UnixListener struct {
	*Sock
	path string
	file sys.FileID
	lock *pathLock
}

// ListenUnix makes a unix socket at a path, which listens unless it is of
// SOCK_DGRAM.
//
// The file has its mode from the start: on Linux fchmod(2) on the socket before
// bind(2) decides it; where that is without effect the file is narrowed before
// listen(2), until which nobody can connect.
//
// A file that a server left behind when it died is replaced. Nothing in POSIX
// removes a file only if it is stale, so who is alive is decided by a lock,
// flock(2) on path.lock beside it, which a UnixListener holds as long as it is
// open and which the kernel gives up for one that dies. Servers that do not lock
// are asked by connecting: only if that is ECONNREFUSED, and only if path is a
// socket, it is removed. One that has bound and not yet listened refuses too, and
// between those two calls such a server can still lose its file to this one, as
// it can to anybody who is allowed to write to the directory; and on darwin and
// the BSDs one whose queue is full refuses too.
//
// The error is a *CallError, or an *fs.PathError for a path that no address can
// hold. EADDRINUSE: a live server has the path, or it is not a socket. EACCES: no
// permission for the directory, or for a path.lock that somebody else left.
// EEXIST: path.lock is not an empty file, and so another program's.
func ListenUnix(path string, cfg UnixConfig) (*UnixListener, error) {
	sa, err := SockaddrUnixPath(path)
	if err != nil {
		return nil, &fs.PathError{Op: "bind", Path: path, Err: err}
	}
	lock, err := lockPath(path)
	if err != nil {
		if err == unix.EWOULDBLOCK {
			return nil, &CallError{"bind", sa, unix.EADDRINUSE}
		}
		return nil, &CallError{"lock", sa, err}
	}
	l := &UnixListener{path: path, lock: lock}
	if err := l.open(sa, cfg); err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

// open binds and listens. What it made when it fails, Close takes away.
func (l *UnixListener) open(sa Sockaddr, cfg UnixConfig) (err error) {
	typ, mode := cfg.Type, uint32(cfg.Mode.Perm())
	if typ == 0 {
		typ = unix.SOCK_STREAM
	}
	if mode == 0 {
		mode = 0o600
	}
	if l.Sock, err = NewSock(unix.AF_UNIX, typ, 0); err != nil {
		return &CallError{"socket", sa, err}
	}
	if cfg.Control != nil {
		if err := cfg.Control(l.FD); err != nil {
			return &CallError{"setsockopt", sa, err}
		}
	}
	// Linux gives the mode of the socket's own inode to the file that bind makes
	// (unix_bind_bsd). Elsewhere it is EINVAL, and narrow below does the work.
	sys.Fchmod(int(l.FD), mode)
	if err := l.bind(sa); err != nil {
		return &CallError{"bind", sa, err}
	}
	if err := l.narrow(mode); err != nil {
		return &CallError{"chmod", sa, err}
	}
	if typ == unix.SOCK_DGRAM {
		return nil
	}
	backlog := cfg.Backlog
	if backlog == 0 {
		backlog = DefaultBacklog
	}
	if err := l.Listen(backlog); err != nil {
		return &CallError{"listen", sa, err}
	}
	return nil
}

// bind binds, if need be in place of a stale file, and notes which file it made.
func (l *UnixListener) bind(sa Sockaddr) error {
	err := l.FD.Bind(sa)
	if err == unix.EADDRINUSE && isStale(sa, l.Type()) {
		if err := UnlinkIfSocket(l.path); err != nil {
			return unix.EADDRINUSE
		}
		err = l.FD.Bind(sa)
	}
	if err != nil {
		return err
	}
	st, e := sys.Lstat(l.path)
	l.file = st.FileID
	return asError(e)
}

// narrow takes away what the file's mode has beyond mode.
func (l *UnixListener) narrow(mode uint32) error {
	st, e := sys.Lstat(l.path)
	if e != 0 || st.Mode&0o777&^mode == 0 {
		return asError(e)
	}
	return asError(sys.Chmod(l.path, st.Mode&mode))
}

// isStale reports whether connecting to sa is refused. A regular file refuses
// too.
func isStale(sa Sockaddr, typ int) bool {
	fd, err := NewSock(unix.AF_UNIX, typ, 0)
	if err != nil {
		return false
	}
	defer fd.Close()
	_ = fd.SetTimeout(0) // a live server may be slow; EAGAIN says that it lives
	return fd.Connect(sa) == unix.ECONNREFUSED
}

// Close removes the file, unless another has taken its place, and closes the
// socket and the lock.
func (l *UnixListener) Close() error {
	// The socket keeps its inode from being given to another file: first compare,
	// then close.
	if l.file != (sys.FileID{}) {
		if now, e := sys.Lstat(l.path); e == 0 && now.FileID == l.file {
			sys.Unlink(l.path)
		}
	}
	return l.end()
}

// Detach gives the descriptor to the caller, and the file with it: it stays.
func (l *UnixListener) Detach() FD {
	fd := l.Sock.Detach()
	_ = l.end()
	return fd
}

func (l *UnixListener) end() (err error) {
	l.file = sys.FileID{}
	if l.Sock != nil {
		err = l.Sock.Close()
	}
	return errors.Join(err, l.lock.release())
}

// UnlinkIfSocket removes the file at path if it is a socket: what bind(2) left
// there, and wants gone before the next bind. A symbolic link is not followed.
// It does not ask whether anybody listens; ListenUnix does.
//
// The look (lstat(2)) and the removal (unlink(2)) are two calls: what another
// program puts there between them is removed whatever it is. In a directory that
// only this user writes to nobody does.
//
// The error is an *fs.PathError. fs.ErrNotExist: nothing is there. ENOTSOCK: it
// is not a socket, and still there.
func UnlinkIfSocket(path string) error {
	st, e := sys.Lstat(path)
	switch {
	case e != 0:
		return &fs.PathError{Op: "lstat", Path: path, Err: e}
	case st.Mode&unix.S_IFMT != unix.S_IFSOCK:
		return &fs.PathError{Op: "unlink", Path: path, Err: unix.ENOTSOCK}
	}
	if e := sys.Unlink(path); e != 0 {
		return &fs.PathError{Op: "unlink", Path: path, Err: e}
	}
	return nil
}
