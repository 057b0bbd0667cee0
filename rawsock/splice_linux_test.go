package rawsock_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// file returns a descriptor of a file that holds text, at its beginning.
func file(t testing.TB, text string) rawsock.FD {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(path, []byte(text), 0o600))
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	check(t, err)
	return closedLater(t, rawsock.FD(fd))
}

// pipe returns the ends of a pipe.
func pipe(t testing.TB) (r, w rawsock.FD) {
	t.Helper()
	var p [2]int
	check(t, unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK))
	return closedLater(t, rawsock.FD(p[0])), closedLater(t, rawsock.FD(p[1]))
}

// closedLater closes what is no socket when the test ends.
func closedLater(t testing.TB, fd rawsock.FD) rawsock.FD {
	t.Cleanup(func() { check(t, fd.Close()) })
	return fd
}

func wantRead(t *testing.T, fd rawsock.FD, want string) {
	t.Helper()
	buf := make([]byte, len(want)+10)
	if n, err := fd.Read(buf); err != nil || string(buf[:n]) != want {
		t.Errorf("read %q, %v, want %q", buf[:n], err, want)
	}
}

func TestSendfile(t *testing.T) {
	client, server := streams(t)
	in := file(t, "0123456789")
	offset := int64(2)
	if n, err := client.Sendfile(in, &offset, 3); n != 3 || err != nil || offset != 5 {
		t.Errorf("from offset 2: %d, %v, offset now %d, want 5", n, err, offset)
	}
	wantRead(t, server, "234")
	if n, err := client.Sendfile(in, nil, 4); n != 4 || err != nil { // the file's own offset has not moved
		t.Errorf("from the file's offset: %d, %v", n, err)
	}
	wantRead(t, server, "0123")
	if n, err := client.Sendfile(in, nil, 1<<30); n != 6 || err != nil {
		t.Errorf("more than there is: %d, %v, want 6", n, err)
	}
	wantRead(t, server, "456789")
	if n, err := client.Sendfile(in, nil, 1); n != 0 || err != nil {
		t.Errorf("at the end: %d, %v", n, err)
	}
	_, err := client.Sendfile(in, nil, -1)
	wantErrno(t, err, unix.EINVAL)
	offset = -1
	_, err = client.Sendfile(in, &offset, 1)
	wantErrno(t, err, unix.EINVAL)
	_, err = client.Sendfile(server, nil, 1)
	wantErrno(t, err, unix.EINVAL)
	_, err = client.Sendfile(-1, nil, 1)
	wantErrno(t, err, unix.EBADF)
}

// An offset beyond 4 GiB arrives whole, also where a long has 32 bits.
func TestSendfileFarOffset(t *testing.T) {
	client, server := streams(t)
	in := file(t, "")
	const far = int64(5) << 30
	if err := unix.Ftruncate(int(in), far+10); err != nil {
		t.Skipf("no sparse file of 5 GiB: %v", err)
	}
	_, err := unix.Pwrite(int(in), []byte("far"), far)
	check(t, err)
	offset := far
	if n, err := client.Sendfile(in, &offset, 3); n != 3 || err != nil || offset != far+3 {
		t.Fatalf("%d, %v, offset %d", n, err, offset)
	}
	wantRead(t, server, "far")
}

func TestSpliceTeeVmsplice(t *testing.T) {
	client, server := streams(t)
	r, w := pipe(t)
	r2, w2 := pipe(t)
	if n, err := w.Vmsplice([][]byte{[]byte("user "), nil, []byte("memory")}, 0); n != 11 || err != nil {
		t.Fatalf("vmsplice: %d, %v", n, err)
	}
	if n, err := rawsock.Tee(r, w2, 4, unix.SPLICE_F_NONBLOCK); n != 4 || err != nil {
		t.Errorf("tee: %d, %v", n, err)
	}
	wantRead(t, r2, "user")
	if n, err := rawsock.Splice(r, nil, client, nil, 100, unix.SPLICE_F_MOVE); n != 11 || err != nil {
		t.Errorf("splice to a socket: %d, %v", n, err)
	}
	if n, err := rawsock.Splice(server, nil, w, nil, 100, 0); n != 11 || err != nil {
		t.Errorf("splice from a socket: %d, %v", n, err)
	}
	got := make([]byte, 20)
	if n, err := r.Vmsplice([][]byte{got[:3], got[3:]}, 0); err != nil || string(got[:n]) != "user memory" {
		t.Errorf("vmsplice out of the pipe: %q, %v", got[:n], err)
	}

	in := file(t, "0123456789")
	from, to := int64(7), int64(1)
	if n, err := rawsock.Splice(in, &from, w, nil, 2, 0); n != 2 || err != nil || from != 9 {
		t.Errorf("splice from a file: %d, %v, offset %d", n, err, from)
	}
	if n, err := rawsock.Splice(r, nil, in, &to, 2, 0); n != 2 || err != nil || to != 3 {
		t.Errorf("splice to a file: %d, %v, offset %d", n, err, to)
	}
	wantRead(t, in, "0783456789")
}

func TestSpliceErrnos(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	r, w := pipe(t)
	offset := int64(0)
	_, err := rawsock.Splice(a, nil, b, nil, 1, 0) // neither is a pipe
	wantErrno(t, err, unix.EINVAL)
	_, err = rawsock.Splice(r, &offset, a, nil, 1, 0)
	wantErrno(t, err, unix.ESPIPE)
	_, err = rawsock.Splice(r, nil, a, &offset, 1, 0)
	wantErrno(t, err, unix.EINVAL)
	_, err = rawsock.Splice(r, nil, a, nil, 1, unix.SPLICE_F_NONBLOCK)
	wantErrno(t, err, unix.EAGAIN)
	_, err = rawsock.Splice(r, nil, a, nil, -1, 0)
	wantErrno(t, err, unix.EINVAL)
	_, err = rawsock.Splice(r, nil, -1, nil, 1, 0)
	wantErrno(t, err, unix.EBADF)
	_, err = rawsock.Tee(r, a, 1, 0)
	wantErrno(t, err, unix.EINVAL)
	_, err = rawsock.Tee(r, w, -1, 0)
	wantErrno(t, err, unix.EINVAL)
	_, err = a.Vmsplice([][]byte{[]byte(strings.Repeat("x", 10))}, 0)
	wantErrno(t, err, unix.EBADF)
	_, err = w.Vmsplice(make([][]byte, 1025), 0)
	wantErrno(t, err, unix.EINVAL)
}
