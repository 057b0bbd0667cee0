package sockettest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// recorder is a testing.TB that keeps the verdict of the code under test.
type recorder struct {
	testing.TB
	skipped, failed bool
	text            string
}

func (r *recorder) Helper() {}

func (r *recorder) Skipf(format string, args ...any) {
	r.skipped, r.text = true, fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.failed, r.text = true, fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// record runs f on a goroutine of its own, which Skipf and Fatalf may end.
func record(t *testing.T, f func(testing.TB)) *recorder {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return r
}

func TestPairsCarryBytesAndAreNonblocking(t *testing.T) {
	for name, pair := range map[string]func(testing.TB) (int, int){"unix": Pair, "tcp": TCPPair} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			buf := make([]byte, 8)
			if _, err := unix.Read(b, buf); err != unix.EAGAIN {
				t.Fatalf("read of an empty socket: %v, want EAGAIN", err)
			}
			if _, err := unix.Write(a, []byte("ping")); err != nil {
				t.Fatal(err)
			}
			var n int
			Eventually(t, 5*time.Second, func() bool {
				n, _ = unix.Read(b, buf)
				return n > 0
			}, "%d bytes on descriptor %d", 4, b)
			if got := string(buf[:n]); got != "ping" {
				t.Errorf("got %q", got)
			}
			for _, fd := range []int{a, b} {
				if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
					t.Errorf("F_GETFD of %d: %#x, %v; want FD_CLOEXEC", fd, flags, err)
				}
			}
		})
	}
}

func TestPairClosesOnlyItsOwn(t *testing.T) {
	before := OpenFDs(t)
	var stranger int
	t.Run("test", func(t *testing.T) {
		a, _ := Pair(t)
		if got := OpenFDs(t); got != before+2 {
			t.Errorf("%d descriptors with a pair, %d before", got, before)
		}
		other, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(a)
		stranger, err = unix.FcntlInt(uintptr(other), unix.F_DUPFD_CLOEXEC, a)
		if err != nil || stranger != a {
			t.Fatalf("descriptor %d again: got %d, %v", a, stranger, err)
		}
		unix.Close(other)
	})
	if got := OpenFDs(t); got != before+1 {
		t.Errorf("%d descriptors afterwards, want %d", got, before+1)
	}
	if err := unix.Close(stranger); err != nil {
		t.Errorf("the number given to another socket was closed with the pair: %v", err)
	}
}

func TestEventually(t *testing.T) {
	asked := 0
	r := record(t, func(tb testing.TB) {
		Eventually(tb, time.Minute, func() bool { asked++; return asked == 3 }, "never shown")
	})
	if r.failed || asked != 3 {
		t.Errorf("failed %v after %d questions: %s", r.failed, asked, r.text)
	}
	r = record(t, func(tb testing.TB) {
		Eventually(tb, 3*time.Millisecond, func() bool { return false }, "%d bytes", 7)
	})
	if want := "not within 3ms: 7 bytes"; !r.failed || r.text != want {
		t.Errorf("failed %v with %q, want %q", r.failed, r.text, want)
	}
}

func TestNeedProgram(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "present"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	t.Setenv(requireTools, "")
	if r := record(t, func(tb testing.TB) { NeedProgram(tb, "present") }); r.skipped || r.failed {
		t.Errorf("a program that is there: %+v", r)
	}
	r := record(t, func(tb testing.TB) { NeedProgram(tb, "present", "absent", "gone") })
	if !r.skipped || !strings.Contains(r.text, "absent, gone") || strings.Contains(r.text, "present") {
		t.Errorf("skipped %v with %q", r.skipped, r.text)
	}
	if r := record(t, func(tb testing.TB) { NeedPython(tb) }); !r.skipped {
		t.Errorf("python3 off PATH: %+v", r)
	}
	t.Setenv(requireTools, "1")
	if r := record(t, func(tb testing.TB) { NeedProgram(tb, "absent") }); !r.failed || r.skipped {
		t.Errorf("under %s=1: skipped %v, failed %v", requireTools, r.skipped, r.failed)
	}
}

func TestNeedPythonTriesIt(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "python3"), []byte("#!/bin/sh\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	t.Setenv(requireTools, "")
	if r := record(t, func(tb testing.TB) { NeedPython(tb) }); !r.skipped || !strings.Contains(r.text, "exit status 3") {
		t.Errorf("a python3 that does not run: skipped %v with %q", r.skipped, r.text)
	}
}

func TestNeed(t *testing.T) {
	t.Setenv(requireTools, "")
	if r := record(t, func(tb testing.TB) { Need(tb, true, "all is there") }); r.skipped || r.failed {
		t.Errorf("with all that it needs: %+v", r)
	}
	if r := record(t, func(tb testing.TB) { Need(tb, false, "100% missing") }); !r.skipped || r.failed || r.text != "100% missing" {
		t.Errorf("skipped %v, failed %v with %q", r.skipped, r.failed, r.text)
	}
	t.Setenv(requireTools, "1")
	if r := record(t, func(tb testing.TB) { Need(tb, false, "missing") }); !r.failed || r.skipped {
		t.Errorf("under %s=1: skipped %v, failed %v", requireTools, r.skipped, r.failed)
	}
}

func TestNeedRoot(t *testing.T) {
	t.Setenv(requireTools, "")
	r := record(t, NeedRoot)
	if want := os.Geteuid() != 0; r.skipped != want || r.failed {
		t.Errorf("as uid %d: skipped %v, failed %v", os.Geteuid(), r.skipped, r.failed)
	}
}
