package loop_test

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/rawloop/rawloop/internal/sys"
)

// script fails calls of one name, one after another, as it says; 0 lets a call
// through, and so does the end of the script.
type script struct {
	mu    sync.Mutex
	call  string
	errs  []sys.Errno
	asked int // how many such calls there were
}

func (s *script) fail(call string, _ int) sys.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if call != s.call {
		return 0
	}
	s.asked++
	if len(s.errs) == 0 {
		return 0
	}
	e := s.errs[0]
	s.errs = s.errs[1:]
	return e
}

// dialUnix connects to a socket by its name.
func (s *server) dialUnix(name string) net.Conn {
	s.t.Helper()
	c, err := net.DialTimeout("unix", name, patience)
	must(s.t, err)
	s.t.Cleanup(func() { _ = c.Close() })
	must(s.t, c.SetDeadline(time.Now().Add(patience)))
	return c
}

// reset closes a client with a reset.
func reset(t testing.TB, c net.Conn) {
	t.Helper()
	if err := c.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	must(t, c.Close())
}
