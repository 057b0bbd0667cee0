package loop_test

import (
	"bufio"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/poller/loop"
)

// mixed echoes with one segment or several, and closes when it is asked to, so
// that every kind of call is made.
type mixed struct{ loop.Base }

const bye = "that is all"

func (mixed) OnData(c loop.Conn, in []byte) int {
	if string(in) == bye {
		c.Close()
		return len(in)
	}
	half := len(in) / 2
	n, _ := c.Write(in[:half])
	m, _ := c.Write(in[half:])
	return n + m
}

// traced drives clients against a server under strace, and returns the
// server's last stats and what strace saw.
func traced(t *testing.T, clients func(addr string), args ...string) (loop.Stats, seen) {
	sockettest.NeedProgram(t, "strace")
	file := filepath.Join(t.TempDir(), "trace")
	wrap := append([]string{"strace", "-f", "-qq", "-o", file,
		"-e", "trace=recvfrom,sendto,sendmsg,accept4,shutdown,close,epoll_ctl,epoll_pwait"}, args...)
	p := start(t, "TestStatsEqualStrace", "1", wrap...)
	addr, epoll := p.address()
	clients(addr)
	must(t, p.in.Close())
	st := p.stats("")
	p.end()
	return st, parseTrace(t, file, epoll)
}

// seen is what strace saw of a server.
type seen struct {
	calls    map[string]uint64 // on our descriptors
	injected map[string]uint64
}

var (
	begun   = regexp.MustCompile(`^\d+ +(\w+)\((\d+)`)
	resumed = regexp.MustCompile(`^\d+ +<\.\.\. (\w+) resumed>`)
	result  = regexp.MustCompile(`\) += (\d+)`)
)

// parseTrace counts calls. Go's runtime has an epoll descriptor of its own, and
// the test binary closes other descriptors than connections.
func parseTrace(t *testing.T, file, epoll string) seen {
	f, err := os.Open(file)
	must(t, err)
	defer f.Close()
	s := seen{make(map[string]uint64), make(map[string]uint64)}
	conns := make(map[string]bool)
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line := sc.Text()
		name := ""
		if m := begun.FindStringSubmatch(line); m != nil {
			name = m[1]
			if s.count(name, m[2], epoll, conns) {
				s.calls[name]++
			}
		} else if m := resumed.FindStringSubmatch(line); m != nil {
			name = m[1]
		}
		if r := result.FindStringSubmatch(line); r != nil && name == "accept4" {
			conns[r[1]] = true
		}
		if strings.Contains(line, "(INJECTED)") {
			s.injected[name]++
		}
	}
	return s
}

func (seen) count(name, fd, epoll string, conns map[string]bool) bool {
	switch name {
	case "epoll_ctl", "epoll_pwait":
		return fd == epoll
	case "close":
		open := conns[fd]
		delete(conns, fd)
		return open
	}
	return true
}

func (s seen) check(t *testing.T, st loop.Stats) {
	t.Helper()
	want := map[string]uint64{
		"recvfrom": st.Calls.Recv, "sendto": st.Calls.Send, "sendmsg": st.Calls.Sendmsg, "accept4": st.Calls.Accept,
		"shutdown": st.Calls.Shutdown, "epoll_ctl": st.Calls.Ctl, "epoll_pwait": st.Calls.Wait, "close": st.Closed + st.Shed,
	}
	for name, n := range want {
		if s.calls[name] != n {
			t.Errorf("%s: strace saw %d, the loop counted %d", name, s.calls[name], n)
		}
	}
}

// What the loop counts is what strace sees, exactly.
func TestStatsEqualStrace(t *testing.T) {
	if os.Getenv(childEnv) != "" {
		serveLines(t, loop.Config{}, always(mixed{}))
		return
	}
	st, saw := traced(t, func(addr string) {
		s := &remote{t: t, addr: addr}
		for id := range 4 {
			must(t, echoOne(s.dial(), id))
		}
		reset(t, s.dial())
		last := s.dial()
		_, err := last.Write([]byte(bye))
		must(t, err)
		must(t, readEOF(last))
		must(t, last.Close())
		served(t, s.dial(), nil)
	})
	saw.check(t, st)
	for name, n := range saw.calls {
		if n == 0 {
			t.Errorf("no %s", name)
		}
	}
	if st.Accepted != 7 || st.Closed != 7 || len(saw.calls) != 8 {
		t.Errorf("%+v, %v", st, saw.calls)
	}
}

// remote is a server in another process.
type remote struct {
	t    testing.TB
	addr string
}

func (r *remote) dial() net.Conn {
	r.t.Helper()
	c, err := net.DialTimeout("tcp", r.addr, patience)
	must(r.t, err)
	r.t.Cleanup(func() { _ = c.Close() })
	return c
}

// Faults that strace puts into the calls of an untouched server: it serves on,
// with every byte right.
func TestFaultsByStrace(t *testing.T) {
	cases := []string{"recvfrom:error=EINTR:when=2+3", "sendto:error=EINTR:when=1+3", "epoll_pwait:error=EINTR:when=1+3"}
	for _, e := range []string{
		"EINTR", "ECONNABORTED", "EPROTO", "ENOPROTOOPT", "ENETDOWN", "ENETUNREACH", "EHOSTDOWN", "EHOSTUNREACH",
		"EOPNOTSUPP", "ENONET", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EPERM",
	} {
		cases = append(cases, "accept4:error="+e+":when=2")
	}
	for _, c := range cases {
		t.Run(c, func(t *testing.T) {
			t.Parallel()
			call, rest, _ := strings.Cut(c, ":")
			st, saw := traced(t, func(addr string) {
				s := &remote{t: t, addr: addr}
				shed := strings.Contains(rest, "MFILE") || strings.Contains(rest, "NFILE")
				// strace counts the calls of each thread apart, and the loop's
				// goroutine moves: each may hang up on one client.
				for served, refused := 0, 0; served < 3; {
					err := echoOne(s.dial(), served+refused)
					if err == nil {
						served++
						continue
					}
					if refused++; !shed || refused > 8 {
						t.Fatalf("client %d: %v", served+refused, err)
					}
				}
			}, "-e", "inject="+c)
			if saw.injected[call] == 0 {
				t.Error("nothing was injected")
			}
			if st.Accepted < 2 || st.Conns != 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}
