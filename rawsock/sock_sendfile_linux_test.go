package rawsock_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// A whole file goes through buffers that are smaller, and its offset stays.
func TestSockSendfile(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<17)
	path := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(path, content, 0o600))
	f, err := os.Open(path)
	check(t, err)
	defer f.Close()
	file := rawsock.FD(f.Fd())
	for _, timeout := range []time.Duration{rawsock.NoTimeout, patience} {
		for _, part := range []struct{ offset, count, want int64 }{
			{0, 0, int64(len(content))}, {5, 0, int64(len(content) - 5)}, {7, 1 << 20, 1 << 20}, {int64(len(content)), 0, 0}, {int64(len(content) - 3), 9, 3},
		} {
			a, b := sockPair(t, unix.SOCK_STREAM, timeout)
			done := make(chan error, 1)
			go func() {
				n, err := a.Sendfile(file, part.offset, part.count)
				if n != part.want {
					t.Errorf("%+v: sent %d", part, n)
				}
				done <- firstOf(err, a.Shutdown(unix.SHUT_WR))
			}()
			got := make([]byte, part.want)
			if n, err := b.Recvfull(got, 0); n != len(got) || err != nil || !bytes.Equal(got, content[part.offset:part.offset+part.want]) {
				t.Errorf("%+v: received %d, %v", part, n, err)
			}
			check(t, <-done)
		}
	}
	if at, err := f.Seek(0, 1); at != 0 || err != nil {
		t.Errorf("the file's offset is %d, %v", at, err)
	}
}

func TestSockSendfileRefusals(t *testing.T) {
	exe, err := os.Open("/proc/self/exe") // larger than all buffers
	check(t, err)
	defer exe.Close()
	file := rawsock.FD(exe.Fd())
	a, _ := sockPair(t, unix.SOCK_STREAM, brief)
	for _, args := range [][2]int64{{-1, 0}, {0, -1}} {
		_, err := a.Sendfile(file, args[0], args[1])
		wantErrno(t, err, unix.EINVAL)
	}
	check(t, a.SetTimeout(0))
	wantErrno(t, errOf(a.Sendfile(file, 0, 0)), unix.EINVAL)
	d, _ := sockPair(t, unix.SOCK_DGRAM, brief)
	wantErrno(t, errOf(d.Sendfile(file, 0, 0)), unix.EINVAL)

	check(t, a.SetTimeout(brief))
	start := time.Now()
	n, err := a.Sendfile(file, 0, 0)
	wantTimeout(t, err)
	takes(t, start, brief)
	if n == 0 {
		t.Error("nothing was sent")
	}
}
