package bpfstat_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock/bpfstat"
)

// asNobody is a command that runs this test binary as an ordinary user with the
// capabilities that setpriv(1) is given: "+bpf,+perfmon".
func asNobody(t *testing.T, capabilities string, args ...string) *exec.Cmd {
	t.Helper()
	sockettest.NeedRoot(t)
	sockettest.NeedProgram(t, "setpriv")
	dir, err := os.MkdirTemp("", "bpfstat")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	exe, err := os.Executable()
	must(t, err)
	text, err := os.ReadFile(exe)
	must(t, err)
	path := filepath.Join(dir, "bpfstat.test")
	must(t, os.WriteFile(path, text, 0o755))
	caps := "-all"
	if capabilities != "" {
		caps += "," + capabilities
	}
	// The ambient set survives execve for a user who is not root, and needs the inheritable one.
	cmd := exec.CommandContext(t.Context(), "setpriv", append([]string{
		"--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
		"--inh-caps=" + caps, "--ambient-caps=" + caps, "--bounding-set=" + caps, path,
	}, args...)...)
	cmd.Dir = "/"
	return cmd
}

// tests runs tests of this package as nobody and returns what they print.
func tests(t *testing.T, capabilities, require, run string) string {
	t.Helper()
	cmd := asNobody(t, capabilities, "-test.v", "-test.run", run)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "REQUIRE_") && !strings.HasPrefix(v, "TMPDIR=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "REQUIRE_BPF="+require)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return string(out)
}

// CAP_BPF and CAP_PERFMON are enough: as a user who has nothing else the tests
// run, and pass.
func TestTwoCapabilitiesAreEnough(t *testing.T) {
	out := tests(t, "+bpf,+perfmon", "1", "^(TestCalls|TestErrors|TestLifecycle|TestWake|TestEach|TestCountersOverTheLoop|TestWatch)")
	if strings.Contains(out, "--- SKIP") || strings.Count(out, "\n--- PASS") < 8 {
		t.Errorf("not all ran:\n%s", out)
	}
}

// Without them Open says which are missing, and the tests say so too.
func TestMissingCapabilitiesAreNamed(t *testing.T) {
	for _, tt := range []struct{ have, missing string }{
		{"", "needs CAP_BPF and CAP_PERFMON"},
		{"+bpf", "needs CAP_PERFMON"},
		{"+perfmon,+net_admin", "needs CAP_BPF"},
	} {
		out := tests(t, tt.have, "0", "^TestWake$")
		if !strings.Contains(out, "--- SKIP: TestWake/tcp4") || !strings.Contains(out, tt.missing+"\n") {
			t.Errorf("with %q:\n%s", tt.have, out)
		}
	}
}

// holdCounters is a process that opens counters, prints the ids of their
// programs, and waits.
const holdCounters = "BPFSTAT_TEST_HOLD"

func TestHoldCounters(t *testing.T) {
	if os.Getenv(holdCounters) != "1" {
		t.Skip("part of TestNothingIsLeftBehind")
	}
	before := programs(t)
	c := open(t, bpfstat.Wake)
	w := bufio.NewWriter(os.Stdout)
	for id := range programs(t) {
		if !before[id] {
			w.WriteString("program " + strconv.Itoa(int(id)) + "\n") //nolint:errcheck
		}
	}
	w.WriteString("held\n") //nolint:errcheck
	w.Flush()
	// Until the other end of stdin is closed; the counters go when this process does.
	os.Stdin.Read(make([]byte, 1)) //nolint:errcheck
	if os.Getenv("BPFSTAT_TEST_EXIT") == "1" {
		os.Exit(0)
	}
	must(t, c.Close())
}

// programs lists what is loaded on this machine and is called as ours are.
func programs(t *testing.T) map[ebpf.ProgramID]bool {
	t.Helper()
	found := make(map[ebpf.ProgramID]bool)
	for id := ebpf.ProgramID(0); ; {
		next, err := ebpf.ProgramGetNextID(id)
		if errors.Is(err, os.ErrNotExist) {
			return found
		}
		must(t, err)
		id = next
		p, err := ebpf.NewProgramFromID(id)
		if err != nil {
			continue // it has just gone
		}
		if info, err := p.Info(); err == nil && strings.HasPrefix(info.Name, "rawloop_") {
			found[id] = true
		}
		p.Close()
	}
}

// Whether a process closes its counters, exits with them open or is killed:
// none of its programs is left.
func TestNothingIsLeftBehind(t *testing.T) {
	sockettest.NeedRoot(t) // to list programs
	open(t, bpfstat.Wake)  // skips where there are none
	for _, how := range []string{"close", "exit", "kill -9"} {
		t.Run(how, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHoldCounters$")
			cmd.Env = append(os.Environ(), holdCounters+"=1", "GORACE=atexit_sleep_ms=10")
			if how == "exit" {
				cmd.Env = append(cmd.Env, "BPFSTAT_TEST_EXIT=1")
			}
			stdin, err := cmd.StdinPipe()
			must(t, err)
			stdout, err := cmd.StdoutPipe()
			must(t, err)
			must(t, cmd.Start())
			ids := held(t, stdout)
			if how == "kill -9" {
				must(t, cmd.Process.Kill())
			}
			must(t, stdin.Close())
			if err := cmd.Wait(); (err != nil) != (how == "kill -9") {
				t.Errorf("ended with %v", err)
			}
			sockettest.Eventually(t, patience, func() bool {
				now := programs(t)
				for _, id := range ids {
					if now[id] {
						return false
					}
				}
				return true
			}, "programs %v are gone", ids)
		})
	}
}

// held reads the ids that TestHoldCounters prints.
func held(t *testing.T, stdout interface{ Read([]byte) (int, error) }) (ids []ebpf.ProgramID) {
	t.Helper()
	for sc := bufio.NewScanner(stdout); sc.Scan(); {
		if id, ok := strings.CutPrefix(sc.Text(), "program "); ok {
			n, err := strconv.ParseUint(id, 10, 32)
			must(t, err)
			ids = append(ids, ebpf.ProgramID(n))
		} else if sc.Text() == "held" {
			break
		}
	}
	if len(ids) < 6 {
		t.Fatalf("the process holds programs %v, want 6 of them", ids)
	}
	return ids
}

// Once the counters are open they need no privilege.
func TestPrivilegeCanBeDropped(t *testing.T) {
	c := open(t, bpfstat.Wake)
	l, sa := listen(t, c, loopback4)
	_, server := dial(t, l, sa)
	_, later := dial(t, l, sa)
	type result struct {
		call string
		err  error
	}
	results := make(chan result)
	go func() {
		defer close(results)
		runtime.LockOSThread() // and not unlocked: the thread ends with its goroutine
		none := [2]unix.CapUserData{}
		results <- result{"capset", unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0])}
		if _, err := bpfstat.Open(bpfstat.Config{}); !errors.Is(err, bpfstat.ErrUnavailable) {
			results <- result{"Open without capabilities", fmt.Errorf("returned %w", err)}
		}
		results <- result{"Watch", c.Watch(later.fd)}
		_, err := c.Read(server.fd)
		results <- result{"Read", err}
		_, err = c.Totals()
		results <- result{"Totals", err}
		for _, err := range c.Each() {
			results <- result{"Each", err}
		}
	}()
	for r := range results {
		if r.err != nil {
			t.Errorf("%s: %v", r.call, r.err)
		}
	}
}
