package poller_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rawloop/rawloop/poller"
	"github.com/rawloop/rawloop/rawsock"
)

// A poller that is made while there is a trace shows its calls, until the trace
// ends.
func TestTraceOfAPoller(t *testing.T) {
	var lines []string
	stop := rawsock.TraceFunc(func(c rawsock.Call) { lines = append(lines, c.String()) })
	defer stop()
	p, err := poller.New(poller.Epoll)
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if err := p.Remove(int(r.Fd())); err == nil {
		t.Error("removed nothing")
	}
	stop()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	for i, begin := range []string{"epoll_create1(EPOLL_CLOEXEC) = ", "eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK) = ", "epoll_ctl(", "epoll_ctl("} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], begin) {
			t.Fatalf("%d: want %s…, traced %q", i, begin, lines)
		}
	}
	if len(lines) != 4 || !strings.HasSuffix(lines[3], "= -1 ENOENT (No such file or directory)") || !slices.ContainsFunc(lines, isEdge) {
		t.Errorf("traced %q", lines)
	}
}

func isEdge(line string) bool { return strings.Contains(line, "{events=EPOLLIN|EPOLLET, data={u32=") }
