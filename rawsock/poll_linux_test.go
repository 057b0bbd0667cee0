package rawsock_test

import (
	"os"
	"os/signal"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// short is a time to wait for nothing.
const short = 2 * time.Millisecond

// The kernel says how much of the timeout is left.
func TestPpollTimeout(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	timeout, mask := short, signals(true)
	if n, err := rawsock.Ppoll(ready(a, unix.POLLIN), &timeout, &mask); n != 0 || err != nil || timeout != 0 {
		t.Errorf("nothing to read: %d, %v, %v left; want nothing left", n, err, timeout)
	}
	_, err := b.Write([]byte("x"))
	check(t, err)
	timeout = time.Minute + time.Nanosecond
	if n, err := rawsock.Ppoll(ready(a, unix.POLLIN), &timeout, nil); n != 1 || err != nil || timeout > time.Minute+1 || timeout < time.Second {
		t.Errorf("%d, %v, %v left", n, err, timeout)
	}
	if n, err := rawsock.Ppoll(ready(a, unix.POLLIN), nil, nil); n != 1 || err != nil {
		t.Errorf("no timeout: %d, %v", n, err)
	}
	for _, timeout := range []time.Duration{-1, -time.Second, -1500 * time.Millisecond} {
		was := timeout
		_, err = rawsock.Ppoll(ready(a, unix.POLLIN), &timeout, nil)
		wantErrno(t, err, unix.EINVAL)
		if timeout != was {
			t.Errorf("timeout %v became %v", was, timeout)
		}
	}
}

// A signal that the thread blocks ends the wait if the mask lets it through, and
// does not if the mask blocks it too.
func TestPpollMask(t *testing.T) {
	wakes := func(block bool) error {
		timeout := 20 * short
		mask := signals(block)
		_, err := rawsock.Ppoll(nil, &timeout, &mask)
		return err
	}
	testSignalMask(t, wakes)
}

// testSignalMask calls wait with SIGUSR1 pending and blocked on the thread.
func testSignalMask(t *testing.T, wait func(block bool) error) {
	t.Helper()
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, unix.SIGUSR1)
	defer signal.Stop(arrived)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	set, old := signals(true), rawsock.Sigset{}
	check(t, unix.PthreadSigmask(unix.SIG_BLOCK, &set, &old))
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	check(t, unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGUSR1))

	check(t, wait(true))
	wantErrno(t, wait(false), unix.EINTR)
	select {
	case <-arrived:
	case <-time.After(5 * time.Second):
		t.Error("the signal did not arrive")
	}
}

// signals returns all signals or none.
func signals(all bool) (set rawsock.Sigset) {
	for i := range set.Val {
		if all {
			set.Val[i]--
		}
	}
	return set
}
