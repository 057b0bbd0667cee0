package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
)

// runMain makes the test binary behave as the command, so that the tests drive a process with the same build flags as their own.
const runMain = "RAWLOOP_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(runMain) == "1" {
		main()
		return
	}
	sockettest.Main(m)
}

// limit bounds everything that a test waits for.
const limit = 20 * time.Second

// process is a running rawloop.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout bytes.Buffer
	done   chan struct{} // closed when everything has been read and the process has ended

	mu    sync.Mutex
	lines []string // of stderr
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*limit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, exe, args...)
	// A process with the race detector sleeps a second before it exits, unless it is told otherwise.
	cmd.Env = append(os.Environ(), runMain+"=1", "GORACE=atexit_sleep_ms=10 "+os.Getenv("GORACE"))
	return cmd
}

// start runs rawloop without waiting for its end.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := prepare(t, args...)
	p.run()
	return p
}

// prepare is start before the process exists.
func prepare(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: command(t, args...), done: make(chan struct{})}
	p.cmd.Stdout = &p.stdout
	return p
}

func (p *process) run() {
	p.t.Helper()
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		for sc := bufio.NewScanner(stderr); sc.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, sc.Text())
			p.mu.Unlock()
		}
		p.cmd.Wait()
	}()
	p.t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.done
	})
}

func (p *process) stderr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// listening waits for n listeners and returns their addresses as the lines have them: "tcp 127.0.0.1:34567".
func (p *process) listening(n int) []string {
	p.t.Helper()
	var found []string
	sockettest.Eventually(p.t, limit, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		found = found[:0]
		for _, line := range p.lines {
			if where, ok := strings.CutPrefix(line, "listening "); ok {
				found = append(found, where)
			}
		}
		select {
		case <-p.done:
			return true
		default:
			return len(found) >= n
		}
	}, "%d listening lines", n)
	if len(found) != n {
		p.t.Fatalf("have listeners %q, want %d; stderr: %s", found, n, p.stderr())
	}
	return found
}

// expectLine waits for text on stderr.
func (p *process) expectLine(text string) {
	p.t.Helper()
	sockettest.Eventually(p.t, limit, func() bool { return strings.Contains(p.stderr(), text) }, "%q on stderr", text)
}

// signal sends a signal to the process.
func (p *process) signal(s unix.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exit waits for the end and returns the exit code.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(limit):
		p.t.Fatalf("still running after %v; stderr: %s", limit, p.stderr())
	}
	return p.cmd.ProcessState.ExitCode()
}

// expectExit fails the test unless the process ends with code.
func (p *process) expectExit(code int) {
	p.t.Helper()
	if got := p.exit(); got != code {
		p.t.Fatalf("%v: %v, want exit status %d\nstdout: %s\nstderr: %s", p.cmd.Args[1:], p.cmd.ProcessState, code, p.stdout.String(), p.stderr())
	}
}

// tcp takes the host and port out of "tcp 127.0.0.1:34567".
func tcp(t *testing.T, listening string) string {
	t.Helper()
	where, ok := strings.CutPrefix(listening, "tcp ")
	if !ok {
		t.Fatalf("%q is not a tcp listener", listening)
	}
	return where
}

// runCommand runs rawloop with input to its end.
func runCommand(t *testing.T, stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := command(t, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// socketPath is a path for a unix socket. It is short: sun_path has room for little more than 100 bytes, and the name of a test and
// its directory can take most of that.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "x.sock")
}

// payload is n bytes in which no part looks like another.
func payload(n int) []byte {
	b := make([]byte, n)
	fill(b, 4711, 0)
	return b
}

// sameBytes says where two payloads differ first.
func sameBytes(got, want []byte) error {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Errorf("byte %d is %#x, want %#x (%d bytes, want %d)", i, got[i], want[i], len(got), len(want))
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d bytes, want %d", len(got), len(want))
	}
	return nil
}
