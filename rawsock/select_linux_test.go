package rawsock_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// What is left of the timeout comes back, and what select(2) cannot express is
// rounded up, so that waiting for a moment does not become asking.
func TestSelectTimeout(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	calls := map[string]func(timeout *time.Duration) (int, error){
		"select": func(timeout *time.Duration) (int, error) {
			return rawsock.Select(int(a)+1, setOf(t, a), nil, nil, timeout)
		},
		"pselect": func(timeout *time.Duration) (int, error) {
			mask := signals(true)
			return rawsock.Pselect(int(a)+1, setOf(t, a), nil, nil, timeout, &mask)
		},
	}
	for name, call := range calls {
		for _, timeout := range []time.Duration{short, 999*time.Microsecond + 1, 1} {
			was := timeout
			n, err := call(&timeout)
			if err == error(unix.EINTR) && name == "select" {
				continue
			}
			if n != 0 || err != nil || timeout != 0 {
				t.Errorf("%s for %v: %d, %v, %v left", name, was, n, err, timeout)
			}
		}
		for _, timeout := range []time.Duration{-1, -time.Second} {
			was := timeout
			_, err := call(&timeout)
			wantErrno(t, err, unix.EINVAL)
			if timeout != was {
				t.Errorf("%s: timeout %v became %v", name, was, timeout)
			}
		}
	}
	_, err := b.Write([]byte("x"))
	check(t, err)
	for name, call := range calls {
		timeout := time.Minute - time.Nanosecond
		if n, err := call(&timeout); n != 1 || err != nil || timeout > time.Minute || timeout < time.Second {
			t.Errorf("%s: %d, %v, %v left", name, n, err, timeout)
		}
	}
}

func TestPselectMask(t *testing.T) {
	testSignalMask(t, func(block bool) error {
		timeout := 20 * short
		mask := signals(block)
		_, err := rawsock.Pselect(0, nil, nil, nil, &timeout, &mask)
		return err
	})
}

// A descriptor that no FdSet can hold is refused by Pselect too.
func TestPselectRange(t *testing.T) {
	_, err := rawsock.Pselect(unix.FD_SETSIZE+1, &rawsock.FdSet{}, nil, nil, nil, nil)
	wantErrno(t, err, unix.EINVAL)
}

func TestSelectUrgent(t *testing.T) {
	client, server := streams(t)
	_, err := client.Send([]byte("!"), unix.MSG_OOB)
	check(t, err)
	except := setOf(t, server)
	if n, err := rawsock.Select(int(server)+1, nil, nil, except, nil); n != 1 || err != nil || !except.IsSet(server) {
		t.Errorf("%d, %v", n, err)
	}
}
