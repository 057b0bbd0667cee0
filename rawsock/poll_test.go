package rawsock_test

import (
	"math"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func TestPoll(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	fds := []rawsock.PollFd{
		{Fd: int32(a), Events: unix.POLLIN},
		{Fd: -1, Events: unix.POLLIN},
		{Fd: int32(a), Events: unix.POLLIN | unix.POLLOUT},
	}
	if n, err := rawsock.Poll(fds[:2], 0); n != 0 || err != nil {
		t.Errorf("nothing to read: %d, %v", n, err)
	}
	_, err := b.Write([]byte("x"))
	check(t, err)
	n, err := rawsock.Poll(fds, -1)
	if n != 2 || err != nil {
		t.Fatalf("%d, %v, want 2", n, err)
	}
	for i, want := range []int16{unix.POLLIN, 0, unix.POLLIN | unix.POLLOUT} {
		if fds[i].Revents != want {
			t.Errorf("entry %d has %#x, want %#x", i, fds[i].Revents, want)
		}
	}
	for { // until no signal comes in between
		n, err := rawsock.Poll(nil, 1)
		if err == nil && n == 0 {
			break
		}
		wantErrno(t, err, unix.EINTR)
	}
}

// No time, however long, becomes another one.
func TestPollRefusesWhatIsNoInt(t *testing.T) {
	a, _ := pair(t, unix.SOCK_STREAM)
	for _, msec := range []int64{1 << 31, 1<<32 + 1, math.MinInt64} {
		if int64(int(msec)) == msec {
			_, err := rawsock.Poll(ready(a, unix.POLLOUT), int(msec))
			wantErrno(t, err, unix.EINVAL)
		}
	}
}

func TestPollOfAClosedDescriptor(t *testing.T) {
	fds := []rawsock.PollFd{{Fd: 1 << 20, Events: unix.POLLIN}}
	if n, err := rawsock.Poll(fds, 1000); n != 1 || err != nil || fds[0].Revents != unix.POLLNVAL {
		t.Errorf("%d, %v, revents %#x; want 1 and POLLNVAL", n, err, fds[0].Revents)
	}
}

func ready(fd rawsock.FD, events int16) []rawsock.PollFd {
	return []rawsock.PollFd{{Fd: int32(fd), Events: events}}
}
