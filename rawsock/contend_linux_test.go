package rawsock_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// Each of several processes has several goroutines try at once.
const (
	contenders = 25
	tries      = 4
)

// contend says that it is ready, waits for a line, and then tries to have ./s. It
// says how often it won, answers every connection with its process ID, and dies
// with the end of its input, leaving everything as it is.
func contend() error {
	in := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	if _, err := in.ReadString('\n'); err != nil {
		return err
	}
	type result struct {
		l   *rawsock.UnixListener
		err error
	}
	results := make(chan result)
	for range tries {
		go func() {
			l, err := rawsock.ListenUnix("s", rawsock.UnixConfig{})
			results <- result{l, err}
		}()
	}
	won := 0
	for range tries {
		r := <-results
		switch {
		case r.err == nil:
			won++
			go answer(r.l)
		case !errors.Is(r.err, unix.EADDRINUSE):
			return r.err
		}
	}
	fmt.Println(won)
	_, err := io.Copy(io.Discard, in)
	return err
}

func answer(l *rawsock.UnixListener) {
	for {
		c, _, err := l.Accept()
		if err != nil {
			return
		}
		fmt.Fprint(c, os.Getpid())
		_ = c.Close()
	}
}

type contender struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startContender(t *testing.T) *contender {
	t.Helper()
	exe, err := os.Executable()
	check(t, err)
	c := &contender{cmd: exec.CommandContext(t.Context(), exe)}
	c.cmd.Env = append(os.Environ(), helperEnv+"=contend")
	c.cmd.Stderr = os.Stderr
	c.in, err = c.cmd.StdinPipe()
	check(t, err)
	out, err := c.cmd.StdoutPipe()
	check(t, err)
	c.out = bufio.NewReader(out)
	check(t, c.cmd.Start())
	return c
}

func (c *contender) line(t *testing.T) string {
	t.Helper()
	line, err := c.out.ReadString('\n')
	check(t, err)
	return strings.TrimSpace(line)
}

// G3: of many that want one path at the same time exactly one gets it, and it is
// the one that clients reach: where there was nothing, and where the winner before
// it died and left its file and its lock's file.
func TestListenUnixRace(t *testing.T) {
	t.Chdir(t.TempDir())
	for range 2 {
		var all []*contender
		for range contenders {
			all = append(all, startContender(t))
		}
		for _, c := range all {
			if got := c.line(t); got != "ready" {
				t.Fatalf("a contender said %q", got)
			}
		}
		for _, c := range all {
			_, err := io.WriteString(c.in, "go\n")
			check(t, err)
		}
		won, winner := 0, 0
		for _, c := range all {
			n, err := strconv.Atoi(c.line(t))
			check(t, err)
			if won += n; n > 0 {
				winner = c.cmd.Process.Pid
			}
		}
		if won != 1 {
			t.Fatalf("%d won", won)
		}
		client := sock(t, unix.AF_UNIX, unix.SOCK_STREAM)
		check(t, client.Connect(unixPath(t, "s")))
		if got, err := io.ReadAll(client); err != nil || string(got) != strconv.Itoa(winner) {
			t.Errorf("reached %q, %v; %d won", got, err, winner)
		}
		for _, c := range all {
			check(t, c.in.Close())
		}
		for _, c := range all {
			check(t, c.cmd.Wait())
		}
	}
}

// Whoever comes while another leaves does not get a lock that nobody else sees.
func TestListenUnixChurn(t *testing.T) {
	t.Chdir(t.TempDir())
	var holders, won atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				l, err := rawsock.ListenUnix("s", rawsock.UnixConfig{})
				if err != nil {
					if !errors.Is(err, unix.EADDRINUSE) {
						t.Error(err)
					}
					continue
				}
				won.Add(1)
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d have it at once", n)
				}
				if _, err := os.Lstat("s.lock"); err != nil {
					t.Errorf("a lock that nobody else can see: %v", err)
				}
				holders.Add(-1)
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if won.Load() == 0 {
		t.Error("nobody ever got it")
	}
	if left, err := os.ReadDir("."); err != nil || len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func listenUnixOnce() error {
	unix.Umask(0)
	mark("listen")
	l, err := rawsock.ListenUnix("s", rawsock.UnixConfig{})
	mark(aside)
	if err != nil {
		return err
	}
	return l.Close()
}

// G4: the file has its mode from the moment it exists: fchmod comes before bind,
// and nothing after it has to put right what bind made.
func TestListenUnixModeComesFirst(t *testing.T) {
	sockettest.NeedProgram(t, "strace")
	steps := tracedHelper(t, "unix", "-e", "trace=bind,write,fchmod,?chmod,fchmodat,?fchmodat2")
	if len(steps) != 1 || len(steps[0].calls) != 2 ||
		!strings.HasPrefix(steps[0].calls[0], "fchmod(") || !strings.Contains(steps[0].calls[0], ", 0600)") ||
		!strings.HasPrefix(steps[0].calls[1], "bind(") {
		t.Errorf("%q", steps)
	}
}
