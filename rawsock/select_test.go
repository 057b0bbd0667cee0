package rawsock_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func TestFdSet(t *testing.T) {
	var s rawsock.FdSet
	for _, fd := range []rawsock.FD{0, 1, 63, 64, unix.FD_SETSIZE - 1} {
		check(t, s.Set(fd))
		if !s.IsSet(fd) || s.IsSet(fd^2) {
			t.Errorf("after Set(%d): %+v", fd, s)
		}
	}
	check(t, s.Clear(64))
	if s.IsSet(64) || !s.IsSet(63) {
		t.Errorf("after Clear(64): %+v", s)
	}
	s.Zero()
	if s != (rawsock.FdSet{}) {
		t.Errorf("after Zero: %+v", s)
	}
}

// The C macros would write beside the set.
func TestFdSetRefusesWhatHasNoPlace(t *testing.T) {
	var s [3]rawsock.FdSet
	for _, fd := range []rawsock.FD{-1, -64, unix.FD_SETSIZE, unix.FD_SETSIZE + 64, 1 << 30} {
		wantErrno(t, s[1].Set(fd), unix.EINVAL)
		wantErrno(t, s[1].Clear(fd), unix.EINVAL)
		if s[1].IsSet(fd) {
			t.Errorf("%d is in the set", fd)
		}
	}
	if s != [3]rawsock.FdSet{} {
		t.Errorf("memory changed: %v", s)
	}
	_, err := rawsock.Select(unix.FD_SETSIZE+1, &s[1], nil, nil, nil)
	wantErrno(t, err, unix.EINVAL)
}

// The kernel looks at the lower half of a number: of these it would see 4096, and
// read and write four times as much as a set has.
func TestSelectRefusesWhatIsNoInt(t *testing.T) {
	nfds := math.MinInt + 4096
	if strconv.IntSize == 32 {
		t.Skip("an int is a C int here")
	}
	far, err := rawsock.FD(0).Fcntl(unix.F_DUPFD_CLOEXEC, 4095) // or the kernel would look at less
	if err == error(unix.EINVAL) {
		t.Skip("the limit of descriptors is below 4096")
	}
	check(t, err)
	defer rawsock.FD(far).Close()
	var sets [4]rawsock.FdSet
	timeout := time.Duration(0)
	_, err = rawsock.Select(nfds, &sets[0], nil, nil, &timeout)
	wantErrno(t, err, unix.EINVAL)
	_, err = rawsock.Pselect(nfds, &sets[0], nil, nil, &timeout, nil)
	wantErrno(t, err, unix.EINVAL)
}

func setOf(t *testing.T, fds ...rawsock.FD) *rawsock.FdSet {
	t.Helper()
	s := &rawsock.FdSet{}
	for _, fd := range fds {
		check(t, s.Set(fd))
	}
	return s
}

// Row D16: what is readable, writable and exceptional, in one call.
func TestSelect(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	_, err := b.Write([]byte("x"))
	check(t, err)
	read, write, except := setOf(t, a, b), setOf(t, a, b), setOf(t, a, b)
	n, err := rawsock.Select(int(max(a, b))+1, read, write, except, nil)
	if n != 3 || err != nil || *read != *setOf(t, a) || *write != *setOf(t, a, b) || *except != *setOf(t) {
		t.Errorf("%d, %v, %v %v %v; want %d to read and both to write", n, err, read, write, except, a)
	}
	timeout := time.Duration(0)
	if n, err := rawsock.Select(int(b)+1, setOf(t, b), nil, nil, &timeout); n != 0 || err != nil {
		t.Errorf("nothing to read: %d, %v", n, err)
	}
	_, err = rawsock.Select(-1, nil, nil, nil, &timeout)
	wantErrno(t, err, unix.EINVAL)
	closed, err := a.Dup()
	check(t, err)
	check(t, closed.Close())
	set := setOf(t, closed)
	_, err = rawsock.Select(int(closed)+1, set, nil, nil, &timeout)
	wantErrno(t, err, unix.EBADF)
	if *set != *setOf(t, closed) {
		t.Error("the set changed with an error")
	}
}
