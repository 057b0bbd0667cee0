package poller_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller"
)

// setup is one backend in one mode on one kernel. The setups of a system are
// in setups_*_test.go.
type setup struct {
	name    string // backend, or backend and what is special
	backend poller.Backend
	mode    poller.Mode
	kernel  func() sys.Kernel
	only    string // a prefix of case names, for a setup that differs in little
}

var modeNames = map[poller.Mode]string{poller.Level: "level", poller.Edge: "edge", poller.OneShot: "oneshot"}

func (s setup) String() string { return s.name + "/" + modeNames[s.mode] }

// contractCase is one sentence of the package comment, named by the failure
// class that breaks it.
type contractCase struct {
	name string
	run  func(t *testing.T, e *env)
}

// leftOut is a case that a backend does not run, and why.
type leftOut struct {
	name    string
	backend poller.Backend
	reason  string
}

var leaveOut = []leftOut{
	{"A6/urgent_data", poller.Kqueue, "EVFILT_EXCEPT is missing on some of its systems, so Priority is documented as ignored"},
	{"A7/zero_interest_reports_hangup", poller.Kqueue, "a zero interest is no knote, so nothing can report; documented"},
	{"A7/unconnected_socket", poller.Kqueue, "the BSDs do not call an unconnected socket writable; a model over Linux sockets would test Linux"},
	{"A8/regular_file", poller.Poll, "poll(2) takes regular files and calls them always ready"},
	{"A8/regular_file", poller.Kqueue, "kqueue(2) takes regular files"},
	{"A8/no_space", poller.Poll, "no system call registers with poll(2), so none can fail"},
	{"A8/no_space_at_modify", poller.Poll, "no system call registers with poll(2), so none can fail"},
	{"K2/counter_full", poller.Kqueue, "EVFILT_USER has no counter, and its pipe is that of the poll-pipe setup"},
}

func TestContract(t *testing.T) {
	cases := slices.Concat(argumentCases, readinessCases, modeCases, closingCases, batchCases, timeCases, wakeCases, lifeCases)
	if len(cases) < 40 {
		t.Fatalf("only %d cases", len(cases))
	}
	checkTables(t, cases)
	for _, s := range setups {
		t.Run(s.String(), func(t *testing.T) {
			for _, c := range cases {
				if !strings.HasPrefix(c.name, s.only) || reason(c.name, s.backend) != "" {
					continue
				}
				t.Run(c.name, func(t *testing.T) { c.run(t, open(t, s)) })
			}
		})
	}
}

// checkTables finds names that are there twice or left out without being there.
func checkTables(t *testing.T, cases []contractCase) {
	known := make(map[string]bool)
	for _, c := range cases {
		if known[c.name] {
			t.Errorf("two cases are called %s", c.name)
		}
		known[c.name] = true
	}
	for _, l := range leaveOut {
		if !known[l.name] || l.reason == "" {
			t.Errorf("left out: %q for %q", l.name, l.reason)
		}
	}
}

func reason(name string, b poller.Backend) string {
	for _, l := range leaveOut {
		if l.name == name && l.backend == b {
			return l.reason
		}
	}
	return ""
}

// env is what a case works with. A case may close p itself.
type env struct {
	setup
	t *testing.T
	k *probe
	p poller.Poller
}

func open(t *testing.T, s setup) *env {
	t.Helper()
	k := &probe{Kernel: s.kernel()}
	p, err := poller.NewKernel(k, s.backend)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return &env{setup: s, t: t, k: k, p: p}
}

const (
	rd = poller.Read
	wr = poller.Write

	// quietTime is how long nothing must happen to be called nothing.
	quietTime = 6 * time.Millisecond
	patience  = 10 * time.Second
)

func (e *env) add(fd int, token uint64, interest poller.Interest) {
	e.t.Helper()
	if err := e.p.Add(fd, token, interest, e.mode); err != nil {
		e.t.Fatalf("Add(%d): %v", fd, err)
	}
}

func (e *env) modify(fd int, token uint64, interest poller.Interest) {
	e.t.Helper()
	if err := e.p.Modify(fd, token, interest, e.mode); err != nil {
		e.t.Fatalf("Modify(%d): %v", fd, err)
	}
}

func (e *env) remove(fd int) {
	e.t.Helper()
	if err := e.p.Remove(fd); err != nil {
		e.t.Fatalf("Remove(%d): %v", fd, err)
	}
}

// rearm does what a OneShot registration needs after each report.
func (e *env) rearm(fd int, token uint64, interest poller.Interest) {
	e.t.Helper()
	if e.mode == poller.OneShot {
		e.modify(fd, token, interest)
	}
}

// wait is one Wait with space for plenty.
func (e *env) wait(d time.Duration) []poller.Event {
	e.t.Helper()
	return e.waitFor(make([]poller.Event, 64), d)
}

func (e *env) waitFor(events []poller.Event, d time.Duration) []poller.Event {
	e.t.Helper()
	n, err := e.p.Wait(events, d)
	if err != nil {
		e.t.Fatalf("Wait: %v", err)
	}
	return events[:n]
}

// next waits for the next batch that is not empty.
func (e *env) next() []poller.Event {
	e.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if events := e.wait(time.Until(end)); len(events) > 0 {
			return events
		}
	}
	e.t.Fatal("no event")
	return nil
}

// expect waits until events with this token have shown all the bits of want,
// arming again in mode OneShot, and returns all bits that came.
func (e *env) expect(fd int, token uint64, interest poller.Interest, want poller.Ready) (got poller.Ready) {
	e.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		for _, ev := range e.wait(100 * time.Millisecond) {
			if ev.Token == token {
				got |= ev.Ready
			}
		}
		if got&want == want {
			return got
		}
		e.rearm(fd, token, interest)
	}
	e.t.Fatalf("token %d: got %v, want %v", token, bits(got), bits(want))
	return 0
}

// quiet checks that the kernel does not end a wait.
func (e *env) quiet() {
	e.t.Helper()
	before := e.k.returns
	if events := e.wait(quietTime); len(events) != 0 || e.k.returns != before {
		e.t.Fatalf("%d returns with events %v, want none", e.k.returns-before, show(events))
	}
}

// read reads what is there, up to n bytes.
func (e *env) read(fd, n int) string {
	e.t.Helper()
	buf := make([]byte, n)
	got, err := unix.Read(fd, buf)
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		e.t.Fatalf("read: %v", err)
	}
	return string(buf[:max(got, 0)])
}

func (e *env) write(fd int, s string) {
	e.t.Helper()
	if n, err := unix.Write(fd, []byte(s)); n != len(s) || err != nil {
		e.t.Fatalf("write: %d, %v", n, err)
	}
}

// fill writes until fd takes no more and returns how much that was.
func (e *env) fill(fd int) (total int) {
	e.t.Helper()
	chunk := make([]byte, 1<<16)
	for {
		n, err := unix.Write(fd, chunk)
		if errors.Is(err, unix.EAGAIN) {
			return total
		}
		if err != nil {
			e.t.Fatalf("write: %v", err)
		}
		total += n
	}
}

// empty reads until n bytes have come.
func (e *env) empty(fd, n int) {
	e.t.Helper()
	buf := make([]byte, 1<<16)
	sockettest.Eventually(e.t, patience, func() bool {
		for n > 0 {
			got, err := unix.Read(fd, buf)
			if err != nil || got <= 0 {
				break
			}
			n -= got
		}
		return n <= 0
	}, "reading all that was written")
}

// arrived waits, without the poller, until n bytes can be read from fd.
func (e *env) arrived(fd, n int) {
	e.t.Helper()
	buf := make([]byte, n)
	sockettest.Eventually(e.t, patience, func() bool {
		got, _, _ := unix.Recvfrom(fd, buf, unix.MSG_PEEK)
		return got >= n
	}, "%d bytes", n)
}

// reset makes the peer of fd see a reset connection.
func (e *env) reset(fd int) {
	e.t.Helper()
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		e.t.Fatal(err)
	}
	// Something else takes the number, so that no other socket of the test does.
	spare, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err != nil {
		e.t.Fatal(err)
	}
	defer unix.Close(spare)
	e.moveTo(spare, fd)
}

// moveTo makes fd name what from names and closes what fd named.
func (e *env) moveTo(from, fd int) {
	e.t.Helper()
	if err := unix.Close(fd); err != nil {
		e.t.Fatal(err)
	}
	got, err := unix.FcntlInt(uintptr(from), unix.F_DUPFD_CLOEXEC, fd)
	if err != nil || got != fd {
		e.t.Fatalf("descriptor %d for %d: %v", got, fd, err)
	}
	e.t.Cleanup(func() { unix.Close(fd) })
}

func (e *env) wantErr(call string, err, want error) {
	e.t.Helper()
	if !errors.Is(err, want) {
		e.t.Errorf("%s: %v, want %v", call, err, want)
	}
}

type bits poller.Ready

func (b bits) String() string {
	var s []string
	for i, name := range []string{"readable", "urgent", "writable", "failed", "hangup", "readclosed"} {
		if b&(1<<i) != 0 {
			s = append(s, name)
		}
	}
	return "{" + strings.Join(s, " ") + "}"
}

func show(events []poller.Event) (s []string) {
	for _, ev := range events {
		s = append(s, fmt.Sprintf("%d%v", ev.Token, bits(ev.Ready)))
	}
	return s
}
