package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
)

// wrap has another program run the process.
func (p *process) wrap(t *testing.T, program string, args ...string) {
	t.Helper()
	sockettest.NeedProgram(t, program)
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Args = slices.Concat([]string{program}, args, []string{p.cmd.Path}, p.cmd.Args[1:])
	p.cmd.Path = path
}

// straced is a server whose system calls strace writes to file. strace is the grandchild (-D), so that signals and the exit are the
// server's own; it holds stderr until it has written everything, which is what exit waits for.
func straced(t *testing.T, options []string, args ...string) (p *process, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "trace")
	p = prepare(t, args...)
	p.wrap(t, "strace", append([]string{"-D", "-f", "-qq", "-o", file}, options...)...)
	p.run()
	return p, file
}

// finalStats ends a server and returns what it prints.
func (p *process) finalStats() (s serverStats) {
	p.t.Helper()
	p.signal(unix.SIGTERM)
	p.expectExit(exitOK)
	if err := json.Unmarshal(p.stdout.Bytes(), &s); err != nil {
		p.t.Fatalf("%v: %s", err, p.stdout.String())
	}
	return s
}

// begun matches the begin of a call: of one that other threads interrupt in the output, its first line only.
var begun = regexp.MustCompile(`^\d+ +(\w+)\((\d+)(, EPOLL_CTL_ADD)?`)

// countCalls counts the calls in a file of strace. Those of epoll are the ones on the descriptor that has most registered: Go's runtime
// has another.
func countCalls(t *testing.T, file string) map[string]uint64 {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	calls, onEpoll, added := make(map[string]uint64), make(map[[2]string]uint64), make(map[string]int)
	for sc := bufio.NewScanner(f); sc.Scan(); {
		m := begun.FindStringSubmatch(sc.Text())
		if m == nil {
			continue
		}
		switch name, fd := m[1], m[2]; name {
		case "epoll_ctl", "epoll_pwait":
			onEpoll[[2]string{name, fd}]++
			if m[3] != "" {
				added[fd]++
			}
		default:
			calls[name]++
		}
	}
	ours := ""
	for fd, n := range added {
		if n > added[ours] {
			ours = fd
		}
	}
	for call, n := range onEpoll {
		if call[1] == ours {
			calls[call[0]] = n
		}
	}
	return calls
}

// What the statistics say is what strace has seen, call by call.
func TestStatsAreExact(t *testing.T) {
	p, file := straced(t, []string{"-e", "trace=recvfrom,sendto,sendmsg,accept4,shutdown,epoll_pwait,epoll_ctl"},
		"echo", "--json", "--busy-poll", "0", "127.0.0.1:0")
	benchJSON(t, exitOK, "-c", "20", "-n", "5000", "-w", limit.String(), tcp(t, p.listening(1)[0]))
	c := p.finalStats().Loop.Calls
	saw := countCalls(t, file)
	for name, n := range map[string]uint64{
		"recvfrom": c.Recv, "sendto": c.Send, "sendmsg": c.Sendmsg, "accept4": c.Accept, "shutdown": c.Shutdown,
		"epoll_pwait": c.Wait, "epoll_ctl": c.Ctl,
	} {
		if saw[name] != n {
			t.Errorf("%s: strace saw %d, the statistics say %d", name, saw[name], n)
		}
	}
	if saw["recvfrom"] < 5000 || saw["sendto"] < 5000 || saw["accept4"] < 20 || saw["epoll_pwait"] == 0 || saw["epoll_ctl"] < 20 {
		t.Errorf("too little to compare: %v", saw)
	}
}

// acceptErrnos are those of accept(2) that say nothing about the listener.
var acceptErrnos = strings.Fields(`EINTR ECONNABORTED EPROTO ENOPROTOOPT ENETDOWN ENETUNREACH EHOSTDOWN EHOSTUNREACH EOPNOTSUPP ENONET
	EMFILE ENFILE ENOBUFS ENOMEM EPERM`)

// strace counts the calls of each thread apart, and a goroutine moves between threads: a fault that must be seen comes with a thread's
// first call.
func TestSurvivesInjectedFaults(t *testing.T) {
	faults := map[string][]string{engineLoop: {
		"recvfrom:error=EINTR:when=2+3", "sendto:error=EINTR:when=1+3", "epoll_pwait:error=EINTR:when=1+3",
	}}
	for _, errno := range acceptErrnos {
		faults[engineLoop] = append(faults[engineLoop], "accept4:error="+errno+":when=1")
	}
	for _, errno := range []string{"EINTR", "EMFILE", "EOPNOTSUPP", "EPERM"} {
		for _, engine := range []string{engineNet, engineThread} {
			faults[engine] = append(faults[engine], "accept,accept4:error="+errno+":when=1")
		}
	}
	for engine, all := range faults {
		for _, fault := range all {
			t.Run(engine+" "+fault, func(t *testing.T) {
				t.Parallel()
				survives(t, engine, fault)
			})
		}
	}
}

// survives has four clients echo one after the other. Out of descriptors, the loop hangs up on a client, for each thread that it
// happens to run on.
func survives(t *testing.T, engine, fault string) {
	calls, _, _ := strings.Cut(fault, ":")
	p, file := straced(t, []string{"-e", "trace=" + calls, "-e", "inject=" + fault}, "echo", "--json", "--engine", engine, "127.0.0.1:0")
	where := tcp(t, p.listening(1)[0])
	const most = 8
	shed := 0
	for served := 0; served < 4; {
		err := echoOnce(where)
		if err == nil {
			served++
			continue
		}
		shed++
		if shed > most || !strings.Contains(fault, "MFILE") && !strings.Contains(fault, "NFILE") {
			t.Fatalf("client %d: %v", served+shed, err)
		}
	}
	s := p.finalStats()
	if s.Accepted < 4 || s.Open != 0 {
		t.Errorf("%d clients shed, statistics: %s", shed, p.stdout.String())
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "(INJECTED)") {
		t.Errorf("nothing was injected: %v\n%s", err, text)
	}
}

func echoOnce(where string) error {
	c, err := net.DialTimeout("tcp", where, limit)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(limit))
	for range 3 {
		if err := roundTrip(c); err != nil {
			return err
		}
	}
	return nil
}

// cpu is the time that a process has used.
func (p *process) cpu() time.Duration {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the name of the program
	var ticks int
	for _, field := range strings.Fields(rest)[11:13] { // utime and stime
		n, err := strconv.Atoi(field)
		if err != nil {
			p.t.Fatal(err)
		}
		ticks += n
	}
	const tick = time.Second / 100 // USER_HZ
	return time.Duration(ticks) * tick
}

func TestShedsUnderADescriptorLimit(t *testing.T) {
	for _, engine := range []string{engineLoop, engineNet, engineThread} {
		t.Run(engine, func(t *testing.T) {
			p := prepare(t, "echo", "--json", "--engine", engine, "127.0.0.1:0")
			p.wrap(t, "sh", "-c", `ulimit -n 64; exec "$0" "$@"`)
			p.run()
			where := tcp(t, p.listening(1)[0])
			var held []net.Conn
			for range 300 {
				held = append(held, dialTCP(t, where))
			}
			served := 0
			for _, c := range held {
				if roundTrip(c) == nil {
					served++
				}
			}
			if served < 20 || served > 64 {
				t.Errorf("%d of 300 clients are served with 64 descriptors", served)
			}
			p.idles(t)
			for _, c := range held {
				c.Close()
			}
			sockettest.Eventually(t, limit, func() bool { return echoOnce(where) == nil }, "service after the 300 have left")
			if s := p.finalStats(); s.Shed < 200 || s.Accepted < int64(served) {
				t.Errorf("statistics: %s", p.stdout.String())
			}
		})
	}
}

// idles wants next to no use of the processor for half a second.
func (p *process) idles(t *testing.T) {
	t.Helper()
	const span = 500 * time.Millisecond
	before := p.cpu()
	<-time.After(span)
	if used := p.cpu() - before; used > span/5 {
		t.Errorf("%v of processor time in %v with nothing to do", used, span)
	}
}

func TestTooFewDescriptorsToStart(t *testing.T) {
	for _, engine := range []string{engineLoop, engineThread} {
		p := prepare(t, "echo", "--engine", engine, "127.0.0.1:0")
		p.wrap(t, "sh", "-c", `exec 2>&1 3<&- 4<&- 5<&-; ulimit -n 4; exec "$0" "$@"`)
		p.run()
		p.expectExit(exitFailure)
		if text := p.stdout.String(); !strings.Contains(text, "too many open files") || strings.Contains(text, "goroutine") {
			t.Errorf("engine %s: %s", engine, text)
		}
	}
}
