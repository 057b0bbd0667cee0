package loop_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/poller/loop"
)

// childEnv is set, to the argument of start, in a process that a test started.
const childEnv = "RAWLOOP_TEST_CHILD"

// proc is this test binary in a process of its own. The test there talks to
// the one here by lines: it gets them on stdin and gives them on stdout.
type proc struct {
	t     testing.TB
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
	ended chan error
}

// start runs one test in a process of its own, behind the program in wrap.
func start(t testing.TB, test, arg string, wrap ...string) *proc {
	t.Helper()
	args := append(wrap, os.Args[0], "-test.run=^"+test+"$", "-test.timeout=60s")
	cmd := exec.Command(args[0], args[1:]...)
	// The race detector would have the child sleep for a second as it exits.
	cmd.Env = append(os.Environ(), childEnv+"="+arg, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	p := &proc{t: t, cmd: cmd, in: in, lines: make(chan string, 1000), ended: make(chan error, 1)}
	go func() {
		for sc := bufio.NewScanner(out); sc.Scan(); {
			p.lines <- sc.Text()
		}
		close(p.lines)
		p.ended <- cmd.Wait()
	}()
	t.Cleanup(p.end)
	return p
}

// ask sends a line, if it is not empty, and returns the line that answers.
func (p *proc) ask(line string) string {
	p.t.Helper()
	if line != "" {
		_, err := fmt.Fprintln(p.in, line)
		must(p.t, err)
	}
	return receive(p.t, p.lines, "a line of the child")
}

func (p *proc) stats(ask string) (st loop.Stats) {
	p.t.Helper()
	line := p.ask(ask)
	if err := json.Unmarshal([]byte(line), &st); err != nil {
		p.t.Fatalf("%q: %v", line, err)
	}
	return st
}

// end closes the child's stdin and waits for its end, which must be a success.
func (p *proc) end() {
	p.t.Helper()
	_ = p.in.Close()
	kill := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	for line := range p.lines {
		if line != "PASS" {
			p.t.Errorf("child: %s", line)
		}
	}
	if err := <-p.ended; err != nil {
		p.t.Errorf("child: %v", err)
	}
	p.ended <- nil
}

// serveLines is the side of the child: a server that answers "stats" and
// ends with stdin, when it gives its last stats.
func serveLines(t testing.TB, cfg loop.Config, newHandler func(loop.Conn) loop.Handler) {
	before := eventpolls(t)
	g, err := loop.New(cfg)
	must(t, err)
	ours := eventpolls(t)
	for fd := range before {
		delete(ours, fd)
	}
	lis, err := g.Listen(tcpAddr, newHandler)
	must(t, err)
	ended := make(chan error, 1)
	go func() { ended <- g.Run() }()
	for fd := range ours {
		fmt.Println(lis.Addr(), fd)
	}
	for sc := bufio.NewScanner(os.Stdin); sc.Scan(); {
		printStats(t, g)
	}
	must(t, g.Close())
	must(t, receive(t, ended, "Run"))
	printStats(t, g)
}

func printStats(t testing.TB, g *loop.Group) {
	b, err := json.Marshal(g.Stats())
	must(t, err)
	fmt.Println(string(b))
}

// eventpolls are the epoll descriptors of this process.
func eventpolls(t testing.TB) map[string]bool {
	dir, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	found := make(map[string]bool)
	for _, e := range dir {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && to == "anon_inode:[eventpoll]" {
			found[e.Name()] = true
		}
	}
	return found
}

// address is the first line of a child that serves.
func (p *proc) address() (addr, epoll string) {
	p.t.Helper()
	addr, epoll, _ = strings.Cut(p.ask(""), " ")
	return addr, epoll
}

// limitDescriptors sets RLIMIT_NOFILE of this process.
func limitDescriptors(t testing.TB, n uint64) {
	t.Helper()
	must(t, syscall.Setrlimit(unix.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n}))
}
