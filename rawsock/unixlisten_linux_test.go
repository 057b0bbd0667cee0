package rawsock_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

func listenUnix(t testing.TB, path string, cfg rawsock.UnixConfig) *rawsock.UnixListener {
	t.Helper()
	l, err := rawsock.ListenUnix(path, cfg)
	check(t, err)
	t.Cleanup(func() { check(t, l.Close()) })
	return l
}

func unixPath(t testing.TB, path string) rawsock.Sockaddr {
	t.Helper()
	sa, err := rawsock.SockaddrUnixPath(path)
	check(t, err)
	return sa
}

// B24: the file of a unix socket outlives it, and is in the way of the next bind
// until it is unlinked.
func TestUnlinkIfSocket(t *testing.T) {
	t.Chdir(t.TempDir())
	sa := unixPath(t, "s")
	fd, err := rawsock.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check(t, err)
	check(t, fd.Bind(sa))
	check(t, fd.Close())
	next := open(t, unix.AF_UNIX, unix.SOCK_STREAM, 0)
	wantErrno(t, next.Bind(sa), unix.EADDRINUSE)
	check(t, rawsock.UnlinkIfSocket("s"))
	check(t, next.Bind(sa))

	check(t, os.Mkdir("dir", 0o700))
	check(t, os.WriteFile("file", []byte("precious"), 0o600))
	check(t, os.Symlink("s", "link"))
	for _, c := range []struct {
		path string
		want error
	}{
		{"dir", unix.ENOTSOCK}, {"file", unix.ENOTSOCK}, {"link", unix.ENOTSOCK}, {"missing", fs.ErrNotExist}, {"file/x", unix.ENOTDIR},
	} {
		err := rawsock.UnlinkIfSocket(c.path)
		var pe *fs.PathError
		if !errors.Is(err, c.want) || !errors.As(err, &pe) || pe.Path != c.path {
			t.Errorf("%s: %v, want %v", c.path, err, c.want)
		}
	}
	for _, path := range []string{"dir", "file", "link", "s"} {
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
}

// Whatever the umask, nobody but the owner may connect unless asked for.
func TestListenUnixMode(t *testing.T) {
	t.Chdir(t.TempDir())
	old := unix.Umask(0)
	defer unix.Umask(old)
	for _, c := range []struct {
		umask int
		mode  fs.FileMode
		want  fs.FileMode
	}{
		{0, 0, 0o600}, {0o022, 0, 0o600}, {0o777, 0, 0}, {0, 0o666, 0o666}, {0o022, 0o666, 0o644}, {0o022, 0o660, 0o640}, {0, 0o777, 0o777},
	} {
		unix.Umask(c.umask)
		for _, typ := range []int{unix.SOCK_STREAM, unix.SOCK_DGRAM, unix.SOCK_SEQPACKET} {
			l, err := rawsock.ListenUnix("s", rawsock.UnixConfig{Mode: c.mode, Type: typ})
			check(t, err)
			st, err := os.Lstat("s")
			check(t, err)
			if st.Mode() != fs.ModeSocket|c.want {
				t.Errorf("umask %#o, mode %#o: %v, want %#o", c.umask, c.mode, st.Mode(), c.want)
			}
			check(t, l.Close())
		}
	}
	if left, err := filepath.Glob("*"); err != nil || len(left) != 0 {
		t.Errorf("%q is left, %v", left, err)
	}
}

// G3: the file of a dead server is replaced, that of a live one is not, and
// neither is anything else.
func TestListenUnixReclaims(t *testing.T) {
	t.Chdir(t.TempDir())
	sa := unixPath(t, "s")
	for _, typ := range []int{unix.SOCK_STREAM, unix.SOCK_DGRAM} {
		fd, err := rawsock.Socket(unix.AF_UNIX, typ, 0)
		check(t, err)
		check(t, fd.Bind(sa))
		check(t, fd.Close())
		l := listenUnix(t, "s", rawsock.UnixConfig{Type: typ})
		reaches(t, sa, typ)
		check(t, l.Close())
	}

	// Live ones: of this kind, which hold the lock, and of any other.
	check(t, os.WriteFile("file", []byte("precious"), 0o600))
	check(t, os.Symlink("missing", "link"))
	listenUnix(t, "s", rawsock.UnixConfig{})
	listener(t, unixPath(t, "plain"))
	bound(t, unix.SOCK_DGRAM, unixPath(t, "datagrams"))
	busy, _ := bound(t, unix.SOCK_STREAM, unixPath(t, "busy"))
	check(t, busy.Listen(0))
	for err := error(nil); err == nil; {
		client := sock(t, unix.AF_UNIX, unix.SOCK_STREAM)
		check(t, client.SetTimeout(0))
		err = client.Connect(unixPath(t, "busy"))
	}
	for _, path := range []string{"s", "plain", "datagrams", "busy", "file", "link"} {
		before, err := os.Lstat(path)
		check(t, err)
		_, err = rawsock.ListenUnix(path, rawsock.UnixConfig{})
		var call *rawsock.CallError
		if !errors.As(err, &call) || call.Call != "bind" || call.Err != unix.EADDRINUSE {
			t.Errorf("%s: %v", path, err)
		}
		if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
			t.Errorf("%s is another file, %v", path, err)
		}
	}
	reaches(t, sa, unix.SOCK_STREAM)
	if locks, err := filepath.Glob("*.lock"); err != nil || len(locks) != 1 || locks[0] != "s.lock" {
		t.Errorf("locks: %q, %v", locks, err)
	}
}

func reaches(t testing.TB, sa rawsock.Sockaddr, typ int) {
	t.Helper()
	check(t, sock(t, unix.AF_UNIX, typ).Connect(sa))
}

// What has taken the place of a listener's file stays when it closes.
func TestListenUnixRemovesItsOwnFile(t *testing.T) {
	t.Chdir(t.TempDir())
	sa := unixPath(t, "s")
	l := listenUnix(t, "s", rawsock.UnixConfig{})
	check(t, os.Remove("s"))
	other, _ := listener(t, sa)
	check(t, l.Close())
	check(t, l.Close())
	reaches(t, sa, unix.SOCK_STREAM)
	if _, err := os.Lstat("s.lock"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the lock's file: %v", err)
	}
	check(t, os.Remove("s"))
	check(t, other.Shutdown(unix.SHUT_RDWR))

	l = listenUnix(t, "s", rawsock.UnixConfig{})
	fd := adopt(t, l.Detach())
	check(t, l.Close())
	reaches(t, sa, unix.SOCK_STREAM)
	if name, err := fd.Getsockname(); err != nil || name != sa {
		t.Errorf("detached: %v, %v", name, err)
	}
}

func TestListenUnixErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	long := strings.Repeat("l", rawsock.MaxUnixPath+1)
	for path, want := range map[string]error{
		"": unix.EINVAL, "a\x00b": unix.EINVAL, long: unix.ENAMETOOLONG, "missing/s": unix.ENOENT,
	} {
		if l, err := rawsock.ListenUnix(path, rawsock.UnixConfig{}); !errors.Is(err, want) || l != nil {
			t.Errorf("%.10q: %v, want %v", path, err, want)
		}
	}
	if l, err := rawsock.ListenUnix("s", rawsock.UnixConfig{Type: unix.SOCK_RDM}); !errors.Is(err, unix.ESOCKTNOSUPPORT) || l != nil {
		t.Errorf("a type that unix sockets do not have: %v", err)
	}
	if left, err := filepath.Glob("*"); err != nil || len(left) != 0 {
		t.Errorf("%q is left, %v", left, err)
	}
}

// asUser runs f with the file system rights of another user than root, on a
// thread of its own (setfsuid(2) is for one thread).
func asUser(t testing.TB, uid int, f func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	check(t, unix.Setfsuid(uid))
	defer func() { check(t, unix.Setfsuid(0)) }()
	f()
}

// G6: write permission on the file decides who may connect.
func TestUnixPermission(t *testing.T) {
	sockettest.NeedRoot(t)
	dir := t.TempDir()
	check(t, os.Chmod(dir, 0o755))
	t.Chdir(dir) // the path to it is root's alone
	const nobody = 65534
	for _, c := range []struct {
		mode fs.FileMode
		want error
	}{{0, unix.EACCES}, {0o644, unix.EACCES}, {0o622, nil}} {
		old := unix.Umask(0)
		l, err := rawsock.ListenUnix("s", rawsock.UnixConfig{Mode: c.mode})
		unix.Umask(old)
		check(t, err)
		asUser(t, nobody, func() {
			client := sock(t, unix.AF_UNIX, unix.SOCK_STREAM)
			if err := client.Connect(unixPath(t, "s")); err != c.want {
				t.Errorf("mode %#o: %v, want %v", c.mode, err, c.want)
			}
		})
		check(t, sock(t, unix.AF_UNIX, unix.SOCK_STREAM).Connect(unixPath(t, "s")))
		check(t, l.Close())
	}
}

// A lock that is not ours to take, or that is no file at all, is an error and
// stays.
func TestListenUnixLockErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	check(t, os.Symlink("elsewhere", "s.lock"))
	check(t, os.Mkdir("d.lock", 0o700))
	for path, want := range map[string]error{"s": unix.ELOOP, "d": unix.EISDIR} {
		_, err := rawsock.ListenUnix(path, rawsock.UnixConfig{})
		var call *rawsock.CallError
		if !errors.As(err, &call) || call.Call != "lock" || call.Err != want {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
	check(t, os.WriteFile("Gemfile.lock", []byte("of another program"), 0o600))
	_, err := rawsock.ListenUnix("Gemfile", rawsock.UnixConfig{})
	if !errors.Is(err, unix.EEXIST) {
		t.Errorf("a lock file that holds something: %v", err)
	}
	if left, err := filepath.Glob("*"); err != nil || strings.Join(left, " ") != "Gemfile.lock d.lock s.lock" {
		t.Errorf("%q is left, %v", left, err)
	}
}

// Who lost its lock's file does not remove the one of whoever locked after it.
func TestListenUnixLeavesAnothersLock(t *testing.T) {
	t.Chdir(t.TempDir())
	first := listenUnix(t, "s", rawsock.UnixConfig{})
	check(t, os.Remove("s.lock"))
	check(t, os.Remove("s"))
	listenUnix(t, "s", rawsock.UnixConfig{})
	check(t, first.Close())
	for _, name := range []string{"s", "s.lock"} {
		if _, err := os.Lstat(name); err != nil {
			t.Error(err)
		}
	}
}
