package poller_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller"
)

// argumentCases: what is refused, and with which errno.
var argumentCases = []contractCase{
	{"A8/added_twice", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.add(a, 1, rd)
		e.wantErr("Add", e.p.Add(a, 2, wr, e.mode), unix.EEXIST)
		e.write(b, "x")
		if got := e.next(); len(got) != 1 || got[0].Token != 1 {
			t.Errorf("got %v, want token 1: a refused Add changes nothing", show(got))
		}
	}},
	{"A8/not_registered", func(t *testing.T, e *env) {
		a, _ := sockettest.Pair(t)
		e.wantErr("Modify", e.p.Modify(a, 1, rd, e.mode), unix.ENOENT)
		e.wantErr("Remove", e.p.Remove(a), unix.ENOENT)
		e.add(a, 1, rd)
		e.remove(a)
		e.wantErr("Modify", e.p.Modify(a, 1, rd, e.mode), unix.ENOENT)
		e.wantErr("Remove again", e.p.Remove(a), unix.ENOENT)
	}},
	{"A8/closed_descriptor", func(t *testing.T, e *env) {
		a, _ := sockettest.Pair(t)
		e.wantErr("Add of a closed descriptor", e.p.Add(closedFD(t, a), 1, rd, e.mode), unix.EBADF)
		e.wantErr("Add(-1)", e.p.Add(-1, 1, rd, e.mode), unix.EBADF)
		e.quiet()
	}},
	{"A8/regular_file", func(t *testing.T, e *env) {
		f, err := os.Create(filepath.Join(t.TempDir(), "file"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		e.wantErr("Add", e.p.Add(int(f.Fd()), 1, rd, e.mode), unix.EPERM)
	}},
	{"A8/no_space", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		for _, errno := range []sys.Errno{unix.ENOSPC, unix.ENOMEM} {
			e.k.onCtl = func(int) sys.Errno { return errno }
			if err := e.p.Add(a, 1, rd|wr, e.mode); err != errno {
				t.Errorf("Add: %v, want the bare errno %v", err, errno)
			}
		}
		e.k.onCtl = nil
		e.write(b, "x")
		e.quiet() // nothing half-registered is left
		e.add(a, 2, rd)
		e.expect(a, 2, rd, poller.Readable)
	}},
	{"A8/no_space_at_modify", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.add(a, 1, rd)
		e.k.onCtl = func(int) sys.Errno { return unix.ENOMEM }
		e.wantErr("Modify", e.p.Modify(a, 1, rd, e.mode), unix.ENOMEM)
		e.k.onCtl = nil
		e.write(b, "x")
		e.modify(a, 1, rd)
		e.expect(a, 1, rd, poller.Readable)
		e.remove(a)
		e.quiet()
	}},
	{"A8/impossible_arguments", func(t *testing.T, e *env) {
		a, _ := sockettest.Pair(t)
		e.wantErr("unknown interest", e.p.Add(a, 1, 1<<7, e.mode), unix.EINVAL)
		e.wantErr("unknown mode", e.p.Add(a, 1, rd, 9), unix.EINVAL)
		_, err := e.p.Wait(nil, 0)
		e.wantErr("Wait(nil)", err, unix.EINVAL)
		for _, m := range []poller.Mode{poller.Level, poller.Edge, poller.OneShot} {
			err := e.p.Add(a, 1, rd, m)
			if has := e.backend.Has(m); has != (err == nil) || !has && !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("mode %d: %v, Has says %v", m, err, has)
			}
			if err == nil {
				e.remove(a)
			}
		}
	}},
	{"A1/reserved_token", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.wantErr("Add", e.p.Add(a, ^uint64(0), rd, e.mode), poller.ErrReservedToken)
		e.wantErr("Modify", e.p.Modify(a, ^uint64(0), rd, e.mode), poller.ErrReservedToken)
		e.write(b, "x")
		e.quiet()
	}},
}

// closedFD returns a number that no descriptor has, and none will get soon.
func closedFD(t *testing.T, like int) int {
	t.Helper()
	fd, err := unix.FcntlInt(uintptr(like), unix.F_DUPFD_CLOEXEC, 200)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	return fd
}

// readinessCases: what is reported, for whom, and with which bits.
var readinessCases = []contractCase{
	{"A1/token_keeps_64_bits", func(t *testing.T, e *env) {
		for _, token := range []uint64{0, 1, 1 << 31, 1 << 32, 1<<63 | 1, 0xfeedfacecafebeef, ^uint64(0) - 1} {
			a, b := sockettest.Pair(t)
			e.add(a, token, rd)
			e.write(b, "x")
			if got := e.next(); len(got) != 1 || got[0].Token != token {
				t.Errorf("token %#x: got %v", token, show(got))
			}
			e.remove(a)
		}
	}},
	{"A1/reused_number", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		c, d := sockettest.Pair(t)
		e.add(a, 1, rd)
		e.write(b, "old")
		e.next()
		e.remove(a)
		e.moveTo(c, a) // another socket under the number of the first
		e.add(a, 2, rd)
		e.quiet()
		e.write(d, "new")
		if got := e.next(); len(got) != 1 || got[0].Token != 2 {
			t.Errorf("got %v, want token 2", show(got))
		}
	}},
	{"A1/removed_while_more_is_ready", func(t *testing.T, e *env) {
		var fds []int
		for i := range 3 {
			a, b := sockettest.Pair(t)
			e.add(a, uint64(i), rd)
			e.write(b, "x")
			fds = append(fds, a)
		}
		first := e.waitFor(make([]poller.Event, 1), patience)
		if len(first) != 1 {
			t.Fatalf("got %v", show(first))
		}
		for _, fd := range fds {
			e.remove(fd)
		}
		e.quiet()
	}},
	{"A2/duplicate_open_after_remove", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		dup, err := unix.FcntlInt(uintptr(a), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		e.add(dup, 1, rd|wr)
		e.next()
		e.remove(dup)
		unix.Close(dup) // the description lives on in a
		e.write(b, "x")
		e.quiet()
	}},
	{"A2/duplicates_are_two_registrations", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		dup, err := unix.FcntlInt(uintptr(a), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(dup)
		e.add(a, 1, rd)
		e.add(dup, 2, rd)
		e.write(b, "x")
		seen := make(map[uint64]bool)
		sockettest.Eventually(t, patience, func() bool {
			for _, ev := range e.wait(quietTime) {
				seen[ev.Token] = true
			}
			return len(seen) == 2
		}, "both tokens, got %v", seen)
		e.remove(dup)
	}},
	{"A4/writable_at_once", func(t *testing.T, e *env) {
		a, _ := sockettest.TCPPair(t)
		e.add(a, 1, wr)
		if got := e.next(); len(got) != 1 || got[0].Ready != poller.Writable {
			t.Errorf("got %v", show(got))
		}
	}},
	{"A4/space_appears", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		n := e.fill(a)
		e.add(a, 1, wr)
		e.quiet()
		e.empty(b, n)
		e.expect(a, 1, wr, poller.Writable)
	}},
	{"A4/space_before_interest", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.add(a, 1, rd)
		n := e.fill(a)
		e.empty(b, n) // between EAGAIN and arming
		e.quiet()
		e.modify(a, 1, rd|wr)
		e.expect(a, 1, rd|wr, poller.Writable)
	}},
	{"A10/only_what_was_asked", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		c, d := sockettest.Pair(t)
		e.write(b, "x")
		e.write(d, "x")
		e.add(a, 1, rd)
		e.add(c, 2, wr)
		seen := make(map[uint64]poller.Ready)
		for len(seen) < 2 {
			for _, ev := range e.next() {
				seen[ev.Token] = ev.Ready
			}
		}
		if seen[1] != poller.Readable || seen[2] != poller.Writable {
			t.Errorf("read: %v, write: %v", bits(seen[1]), bits(seen[2]))
		}
	}},
	{"N/both_directions_are_one_event", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		c, d := sockettest.Pair(t)
		e.write(b, "x")
		e.write(d, "x")
		e.add(a, 1, rd|wr)
		e.add(c, 2, rd|wr)
		got := e.next()
		if len(got) != 2 || got[0].Ready != poller.Readable|poller.Writable || got[1].Ready != got[0].Ready {
			t.Errorf("got %v", show(got))
		}
	}},
	{"A9/emptied_by_another", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.add(a, 1, rd)
		e.write(b, "x")
		e.next()
		e.read(a, 8)
		e.modify(a, 1, rd)
		e.quiet()
		e.write(b, "y")
		e.expect(a, 1, rd, poller.Readable)
	}},
	{"A9/listener", func(t *testing.T, e *env) {
		l := listen(t)
		e.add(l, 1, rd)
		e.quiet()
		c := dial(t, l)
		defer unix.Close(c)
		if got := e.expect(l, 1, rd, poller.Readable); got != poller.Readable {
			t.Errorf("got %v", bits(got))
		}
		fd, _, err := unix.Accept(l)
		if err != nil {
			t.Fatalf("accept: %v", err)
		}
		unix.Close(fd)
	}},
	{"D2/connect_succeeds", func(t *testing.T, e *env) {
		c := dial(t, listen(t))
		defer unix.Close(c)
		e.add(c, 1, wr)
		if got := e.expect(c, 1, wr, poller.Writable); got != poller.Writable {
			t.Errorf("got %v", bits(got))
		}
		e.remove(c)
	}},
	{"D2/connect_refused", func(t *testing.T, e *env) {
		l := listen(t)
		sa, err := unix.Getsockname(l)
		if err != nil {
			t.Fatal(err)
		}
		closed := socket(t)
		unix.Close(l)
		defer unix.Close(closed)
		if err := unix.Connect(closed, sa); err != unix.EINPROGRESS && err != unix.ECONNREFUSED {
			t.Fatalf("connect: %v", err)
		}
		e.add(closed, 1, wr)
		e.expect(closed, 1, wr, poller.Failed)
		if soerr, err := unix.GetsockoptInt(closed, unix.SOL_SOCKET, unix.SO_ERROR); soerr != int(unix.ECONNREFUSED) || err != nil {
			t.Errorf("SO_ERROR %d, %v: the poller must not have taken it", soerr, err)
		}
		e.remove(closed)
	}},
}

// socket makes a nonblocking TCP socket; the caller closes it.
func socket(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return fd
}

// listen makes a loopback listener, closed with the test.
func listen(t *testing.T) int {
	t.Helper()
	fd := socket(t)
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 16); err != nil {
		t.Fatal(err)
	}
	return fd
}

// dial starts to connect to the listener l; the caller closes the result.
func dial(t *testing.T, l int) int {
	t.Helper()
	sa, err := unix.Getsockname(l)
	if err != nil {
		t.Fatal(err)
	}
	fd := socket(t)
	if err := unix.Connect(fd, sa); err != nil && err != unix.EINPROGRESS {
		t.Fatalf("connect: %v", err)
	}
	return fd
}
