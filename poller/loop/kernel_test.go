package loop_test

import (
	"testing"
	"time"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller/loop"
)

// kernel is the host with hooks. A hook that is set stands in for the call and
// is given the host, so that it may add to the call, change it or leave it out.
// Hooks are set before the loop runs and called on its goroutine; write is
// called on any.
type kernel struct {
	sys.Kernel
	nowait bool // no wait sleeps
	wait   func(host sys.Kernel, epfd int, events []sys.EpollEvent) (int, sys.Errno)
	waited func() // after each wait, on any backend
	now    func(host sys.Kernel) int64
	accept func(host sys.Kernel, fd int, sa *sys.RawSockaddr) (int, sys.Errno)
	recv   func(host sys.Kernel, fd int, p []byte) (int, sys.Errno)
	send   func(host sys.Kernel, fd int, p []byte) (int, sys.Errno)
	sendv  func(host sys.Kernel, fd int, bufs [][]byte) (int, sys.Errno)
	write  func(host sys.Kernel, fd int, p []byte) (int, sys.Errno)
	ctl    func(host sys.Kernel, epfd, op, fd int, events uint32, token uint64) sys.Errno
	closed func(fd int) // before each close
}

func (k *kernel) Now() int64 {
	if k.now != nil {
		return k.now(k.Kernel)
	}
	return k.Kernel.Now()
}

func (k *kernel) EpollWait(epfd int, events []sys.EpollEvent, msec int) (int, sys.Errno) {
	if k.nowait {
		msec = 0
	}
	var n int
	var e sys.Errno
	if k.wait != nil {
		n, e = k.wait(k.Kernel, epfd, events)
	} else {
		n, e = k.Kernel.EpollWait(epfd, events, msec)
	}
	if k.waited != nil {
		k.waited()
	}
	return n, e
}

func (k *kernel) Poll(fds []sys.PollFd, msec int) (int, sys.Errno) {
	if k.nowait {
		msec = 0
	}
	n, e := k.Kernel.Poll(fds, msec)
	if k.waited != nil {
		k.waited()
	}
	return n, e
}

func (k *kernel) EpollCtl(epfd, op, fd int, events uint32, token uint64) sys.Errno {
	if k.ctl != nil {
		return k.ctl(k.Kernel, epfd, op, fd, events, token)
	}
	return k.Kernel.EpollCtl(epfd, op, fd, events, token)
}

func (k *kernel) Accept(fd int, sa *sys.RawSockaddr) (int, sys.Errno) {
	if k.accept != nil {
		return k.accept(k.Kernel, fd, sa)
	}
	return k.Kernel.Accept(fd, sa)
}

func (k *kernel) Recv(fd int, p []byte) (int, sys.Errno) {
	if k.recv != nil {
		return k.recv(k.Kernel, fd, p)
	}
	return k.Kernel.Recv(fd, p)
}

func (k *kernel) Send(fd int, p []byte) (int, sys.Errno) {
	if k.send != nil {
		return k.send(k.Kernel, fd, p)
	}
	return k.Kernel.Send(fd, p)
}

func (k *kernel) Sendv(fd int, bufs [][]byte) (int, sys.Errno) {
	if k.sendv != nil {
		return k.sendv(k.Kernel, fd, bufs)
	}
	return k.Kernel.Sendv(fd, bufs)
}

func (k *kernel) Write(fd int, p []byte) (int, sys.Errno) {
	if k.write != nil {
		return k.write(k.Kernel, fd, p)
	}
	return k.Kernel.Write(fd, p)
}

func (k *kernel) Close(fd int) sys.Errno {
	if k.closed != nil {
		k.closed(fd)
	}
	return k.Kernel.Close(fd)
}

// stepper is a group of one loop that runs on the test's goroutine and never
// sleeps.
type stepper struct {
	*server
	l *loop.Loop
	k *kernel
}

// step makes a stepper that listens on addr. Hooks of k may be set by the test
// at any time; nil is a kernel without any.
func step(t testing.TB, cfg loop.Config, k *kernel, addr string, newHandler func(loop.Conn) loop.Handler) *stepper {
	t.Helper()
	if k == nil {
		k = &kernel{}
	}
	k.Kernel, k.nowait = sys.NewHost(), true
	if cfg.BusyPoll == 0 {
		cfg.BusyPoll = -1
	}
	g, err := loop.NewGroup(cfg, func() sys.Kernel { return k })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	s := &stepper{server: &server{Group: g, t: t}, l: g.Loops()[0], k: k}
	s.listen(addr, newHandler)
	s.turns(1)
	return s
}

// turns makes n turns.
func (s *stepper) turns(n int) {
	s.t.Helper()
	for range n {
		if err := s.l.Step(); err != nil {
			s.t.Fatalf("Step: %v", err)
		}
	}
}

// until makes turns until cond holds.
func (s *stepper) until(cond func() bool, what string) {
	s.t.Helper()
	for end := time.Now().Add(patience); !cond(); {
		if time.Now().After(end) {
			s.t.Fatalf("not within %v: %s", patience, what)
		}
		s.turns(1)
	}
}
