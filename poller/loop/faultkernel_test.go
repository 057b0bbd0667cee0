package loop_test

import (
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller/loop"
)

// faulty is the host with faults. A nil hook lets every call through. Hooks run
// on the loop's goroutine, but those for "read" and "write" on any.
type faulty struct {
	sys.Kernel
	nowait bool // no wait sleeps

	// fail is asked before each call; an errno other than 0 is returned
	// instead of making it. After an errno of close the descriptor is closed
	// all the same, as on Linux.
	fail func(call string, fd int) sys.Errno
	// limit is how many of n bytes a call may move.
	limit func(call string, n int) int
	// events may change what a wait brought, of which n are valid.
	events func(events []sys.EpollEvent, n int) int
	// ctl is told of each epoll_ctl that succeeded.
	ctl func(op, fd int, token uint64)

	clock *atomic.Int64 // nil is the host's
}

func (k *faulty) ask(call string, fd int) sys.Errno {
	if k.fail == nil {
		return 0
	}
	return k.fail(call, fd)
}

func (k *faulty) part(call string, p []byte) []byte {
	if k.limit == nil || len(p) == 0 {
		return p
	}
	return p[:k.limit(call, len(p))]
}

func (k *faulty) Now() int64 {
	if k.clock != nil {
		return k.clock.Load()
	}
	return k.Kernel.Now()
}

func (k *faulty) EpollCtl(epfd, op, fd int, events uint32, token uint64) sys.Errno {
	if e := k.ask("epoll_ctl", fd); e != 0 {
		return e
	}
	e := k.Kernel.EpollCtl(epfd, op, fd, events, token)
	if e == 0 && k.ctl != nil {
		k.ctl(op, fd, token)
	}
	return e
}

func (k *faulty) EpollWait(epfd int, events []sys.EpollEvent, msec int) (int, sys.Errno) {
	if e := k.ask("wait", epfd); e != 0 {
		return 0, e
	}
	if k.nowait {
		msec = 0
	}
	n, e := k.Kernel.EpollWait(epfd, events, msec)
	if e == 0 && k.events != nil {
		n = k.events(events, n)
	}
	return n, e
}

func (k *faulty) Poll(fds []sys.PollFd, msec int) (int, sys.Errno) {
	if e := k.ask("wait", -1); e != 0 {
		return 0, e
	}
	if k.nowait {
		msec = 0
	}
	return k.Kernel.Poll(fds, msec)
}

func (k *faulty) Read(fd int, p []byte) (int, sys.Errno) {
	if e := k.ask("read", fd); e != 0 {
		return 0, e
	}
	return k.Kernel.Read(fd, p)
}

func (k *faulty) Write(fd int, p []byte) (int, sys.Errno) {
	if e := k.ask("write", fd); e != 0 {
		return 0, e
	}
	return k.Kernel.Write(fd, p)
}

func (k *faulty) Socket(domain, typ, proto int) (int, sys.Errno) {
	if e := k.ask("socket", -1); e != 0 {
		return -1, e
	}
	return k.Kernel.Socket(domain, typ, proto)
}

func (k *faulty) Listen(fd, backlog int) sys.Errno {
	if e := k.ask("listen", fd); e != 0 {
		return e
	}
	return k.Kernel.Listen(fd, backlog)
}

func (k *faulty) Accept(fd int, sa *sys.RawSockaddr) (int, sys.Errno) {
	if e := k.ask("accept", fd); e != 0 {
		return -1, e
	}
	return k.Kernel.Accept(fd, sa)
}

func (k *faulty) AcceptSleeping(fd int, sa *sys.RawSockaddr) (int, sys.Errno) {
	if e := k.ask("accept", fd); e != 0 {
		return -1, e
	}
	return k.Kernel.AcceptSleeping(fd, sa)
}

func (k *faulty) Recv(fd int, p []byte) (int, sys.Errno) {
	if e := k.ask("recv", fd); e != 0 {
		return 0, e
	}
	return k.Kernel.Recv(fd, k.part("recv", p))
}

func (k *faulty) Send(fd int, p []byte) (int, sys.Errno) {
	if e := k.ask("send", fd); e != 0 {
		return 0, e
	}
	return k.Kernel.Send(fd, k.part("send", p))
}

func (k *faulty) Sendv(fd int, bufs [][]byte) (int, sys.Errno) {
	if e := k.ask("sendmsg", fd); e != 0 {
		return 0, e
	}
	if k.limit != nil {
		return k.Kernel.Send(fd, k.part("sendmsg", bufs[0]))
	}
	return k.Kernel.Sendv(fd, bufs)
}

func (k *faulty) Setsockopt(fd, level, name int, value []byte) sys.Errno {
	if e := k.ask("setsockopt", fd); e != 0 {
		return e
	}
	return k.Kernel.Setsockopt(fd, level, name, value)
}

func (k *faulty) Shutdown(fd, how int) sys.Errno {
	if e := k.ask("shutdown", fd); e != 0 {
		return e
	}
	return k.Kernel.Shutdown(fd, how)
}

func (k *faulty) Close(fd int) sys.Errno {
	e := k.Kernel.Close(fd)
	return max(e, k.ask("close", fd))
}

// stepOn is step on a kernel with faults. A group of several loops has them on
// the one kernel.
func stepOn(t testing.TB, cfg loop.Config, k *faulty, addr string, newHandler func(loop.Conn) loop.Handler) *stepper {
	t.Helper()
	k.Kernel, k.nowait = sys.NewHost(), true
	cfg.BusyPoll = -1
	g, err := loop.NewGroup(cfg, func() sys.Kernel { return k })
	must(t, err)
	t.Cleanup(func() { _ = g.Close() })
	s := &stepper{server: &server{Group: g, t: t}, l: g.Loops()[0]}
	s.listen(addr, newHandler)
	s.turns(1)
	return s
}

// runOn is serve on kernels with faults, which hook puts in; a group has one
// and each of its loops.
func runOn(t testing.TB, cfg loop.Config, hook func(k *faulty), addr string, newHandler func(loop.Conn) loop.Handler) *server {
	t.Helper()
	g, err := loop.NewGroup(cfg, func() sys.Kernel {
		k := &faulty{Kernel: sys.NewHost()}
		hook(k)
		return k
	})
	must(t, err)
	return run(t, g, addr, newHandler)
}

// halfWay makes kernels of which one refuses to make a poller: that of the loop
// after so many that work.
func halfWay(made *int, works int) func() sys.Kernel {
	return func() sys.Kernel {
		*made++
		k := &faulty{Kernel: sys.NewHost()}
		if *made == works+2 { // the first is the group's own
			k.fail = func(call string, _ int) sys.Errno {
				if call == "epoll_ctl" {
					return unix.EMFILE
				}
				return 0
			}
		}
		return k
	}
}

// served sends a word and waits for its echo; until runs the server, or is nil
// if it runs by itself.
func served(t testing.TB, c net.Conn, until func(cond func() bool)) {
	t.Helper()
	_, err := c.Write([]byte("word"))
	must(t, err)
	got := make(chan error, 1)
	go func() {
		buf := make([]byte, 4)
		_, err := c.Read(buf)
		if err == nil && string(buf) != "word" {
			err = errors.New("not the echo: " + string(buf))
		}
		got <- err
	}()
	if until != nil {
		until(func() bool { return len(got) > 0 })
	}
	must(t, receive(t, got, "the echo"))
}

// hungUp checks that the server ended a client's connection, in order or with a
// reset.
func hungUp(t testing.TB, c net.Conn) {
	t.Helper()
	must(t, c.SetDeadline(time.Now().Add(patience)))
	n, err := c.Read(make([]byte, 1))
	var timeout net.Error
	if n != 0 || err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatalf("not hung up: read %d bytes, error %v", n, err)
	}
}
