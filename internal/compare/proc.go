//go:build linux

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
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// readyTimeout bounds the time from starting a server to its ready line.
const readyTimeout = 10 * time.Second

// startOn starts cmd on one CPU. The child inherits the affinity of the thread
// that forks it, so the Go runtime of the child sees one CPU from its first
// instruction and sets GOMAXPROCS to 1.
func startOn(cpu int, cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, only unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("sched_getaffinity: %w", err)
	}
	only.Set(cpu)
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		return fmt.Errorf("sched_setaffinity CPU %d: %w", cpu, err)
	}
	// A child outlives neither its context nor this process.
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	err := cmd.Start()
	return errors.Join(err, unix.SchedSetaffinity(0, &before))
}

// twoCPUs returns the CPUs of the server and of the driver: the first two this
// process may use.
func twoCPUs() (serverCPU, driverCPU int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 0, 0, fmt.Errorf("sched_getaffinity: %w", err)
	}
	var cpus []int
	for cpu := 0; len(cpus) < 2 && cpu < 8*len(set)*8; cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	if len(cpus) < 2 {
		return 0, 0, errors.New("two CPUs are needed, one for the server and one for the driver")
	}
	return cpus[0], cpus[1], nil
}

// raiseFiles lifts the soft limit on descriptors to the hard one; children
// inherit it.
func raiseFiles() error {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return fmt.Errorf("getrlimit: %w", err)
	}
	lim.Cur = lim.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return fmt.Errorf("setrlimit: %w", err)
	}
	return nil
}

// running is a server that has said where it listens.
type running struct {
	cmd  *exec.Cmd
	addr string
	read chan struct{} // closed when its stderr has ended
}

// serve starts argv on cpu and waits for its ready line. The process ends with
// ctx at the latest.
func serve(ctx context.Context, cpu int, argv, env []string) (*running, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), env...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := startOn(cpu, cmd); err != nil {
		return nil, err
	}
	s := &running{cmd: cmd, read: make(chan struct{})}
	ready := make(chan string, 1)
	var said bytes.Buffer // read only after s.read is closed
	go func() {
		defer close(s.read)
		scanReady(stderr, ready, &said)
	}()
	select {
	case s.addr = <-ready:
		return s, nil
	case <-s.read:
		s.stop()
		return nil, fmt.Errorf("%s ended before its ready line: %s", argv[0], said.String())
	case <-time.After(readyTimeout):
		s.stop()
		return nil, fmt.Errorf("%s: no ready line within %v: %s", argv[0], readyTimeout, said.String())
	}
}

// scanReady sends the address of the first ready line to ready, keeps what was
// said before it, and discards the rest so that the server never blocks on it.
func scanReady(r io.Reader, ready chan<- string, said *bytes.Buffer) {
	sc := bufio.NewScanner(r)
	for sc.Scan() {
		if addr, ok := strings.CutPrefix(sc.Text(), "listening tcp "); ok {
			ready <- strings.TrimSpace(addr)
			break
		}
		fmt.Fprintln(said, sc.Text())
	}
	_, _ = io.Copy(io.Discard, r)
}

// stop ends the server by its own pid and waits for it.
func (s *running) stop() {
	_ = s.cmd.Process.Kill()
	<-s.read
	_ = s.cmd.Wait()
}

// cpuTime returns the CPU time that the threads of pid have used and where it
// was read. schedstat counts nanoseconds, brought up to date when a thread
// leaves the CPU or at a scheduler tick (1 to 10 ms); stat counts 10 ms ticks.
// Time of threads that have ended is in stat only; the servers end none.
func cpuTime(pid int) (time.Duration, string, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, "", err
	}
	if len(files) == 0 {
		d, err := statTime(pid)
		return d, "stat", err
	}
	var sum time.Duration
	for _, f := range files {
		b, err := os.ReadFile(f)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // this thread has just ended
		}
		if err != nil {
			return 0, "", err
		}
		ns, _, _ := strings.Cut(string(b), " ")
		n, err := strconv.ParseInt(ns, 10, 64)
		if err != nil {
			return 0, "", fmt.Errorf("%s: %w", f, err)
		}
		sum += time.Duration(n)
	}
	return sum, "schedstat", nil
}

// statTime returns utime+stime of /proc/PID/stat, which are in 1/100 s for
// every program whatever the kernel's own tick.
func statTime(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name and may hold spaces.
	_, rest, ok := strings.Cut(string(b[bytes.LastIndexByte(b, ')')+1:]), " ")
	f := strings.Fields(rest)
	if !ok || len(f) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat: unexpected form", pid)
	}
	utime, err1 := strconv.ParseInt(f[11], 10, 64)
	stime, err2 := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(utime+stime) * 10 * time.Millisecond, errors.Join(err1, err2)
}
