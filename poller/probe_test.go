package poller_test

import (
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// probe is a Kernel that counts what the poller asks of another Kernel and
// puts faults in: a hook that returns an errno replaces the call.
type probe struct {
	sys.Kernel

	onCtl    func(fd int) sys.Errno // epoll_ctl, each change of a kevent
	onWait   func() sys.Errno       // epoll_wait, poll, kevent for events
	onSignal func() sys.Errno       // a wake's write or trigger; any goroutine
	onOpen   func(call string) sys.Errno

	// afterSignal runs when a signal was given and before its Wake goes on.
	afterSignal func()

	returns int   // waits that came back with something
	eintr   int   // waits that a signal ended
	timeout int64 // of the last wait, in the call's unit
	wakeR   int   // the wake descriptor: an eventfd, or a pipe's ends
	wakeW   int
	signals atomic.Int64
}

func (p *probe) open(call string) sys.Errno {
	if p.onOpen == nil {
		return 0
	}
	return p.onOpen(call)
}

func (p *probe) EpollCreate1() (int, sys.Errno) {
	if e := p.open("epoll_create1"); e != 0 {
		return -1, e
	}
	return p.Kernel.EpollCreate1()
}

func (p *probe) Kqueue() (int, sys.Errno) {
	if e := p.open("kqueue"); e != 0 {
		return -1, e
	}
	return p.Kernel.Kqueue()
}

func (p *probe) Eventfd() (int, sys.Errno) {
	if e := p.open("eventfd"); e != 0 {
		return -1, e
	}
	fd, e := p.Kernel.Eventfd()
	p.wakeR, p.wakeW = fd, fd
	return fd, e
}

func (p *probe) Pipe() (r, w int, e sys.Errno) {
	if e := p.open("pipe"); e != 0 {
		return -1, -1, e
	}
	r, w, e = p.Kernel.Pipe()
	p.wakeR, p.wakeW = r, w
	return r, w, e
}

func (p *probe) EpollCtl(epfd, op, fd int, events uint32, token uint64) sys.Errno {
	if p.onCtl != nil {
		if e := p.onCtl(fd); e != 0 {
			return e
		}
	}
	return p.Kernel.EpollCtl(epfd, op, fd, events, token)
}

func (p *probe) before(timeout int64) sys.Errno {
	p.timeout = timeout
	if p.onWait == nil {
		return 0
	}
	return p.onWait()
}

func (p *probe) after(n int, e sys.Errno) (int, sys.Errno) {
	if n > 0 {
		p.returns++
	}
	if e == unix.EINTR {
		p.eintr++
	}
	return n, e
}

func (p *probe) EpollWait(epfd int, events []sys.EpollEvent, msec int) (int, sys.Errno) {
	if e := p.before(int64(msec)); e != 0 {
		return 0, e
	}
	return p.after(p.Kernel.EpollWait(epfd, events, msec))
}

func (p *probe) Poll(fds []sys.PollFd, msec int) (int, sys.Errno) {
	if len(fds) == 1 && fds[0].Events == 0 { // Add's look at a descriptor
		return p.Kernel.Poll(fds, msec)
	}
	if e := p.before(int64(msec)); e != 0 {
		return 0, e
	}
	return p.after(p.Kernel.Poll(fds, msec))
}

func (p *probe) Kevent(kq int, changes, events []sys.Kevent, timeout int64) (int, sys.Errno) {
	switch {
	case len(events) == 0:
		if e := p.signal(); e != 0 {
			return 0, e
		}
		defer p.signalled()
		return p.Kernel.Kevent(kq, changes, events, timeout)
	case len(changes) == 0:
		if e := p.before(timeout); e != 0 {
			return 0, e
		}
		return p.after(p.Kernel.Kevent(kq, changes, events, timeout))
	}
	return p.changes(kq, changes, events, timeout)
}

// changes makes receipts of what onCtl refuses; all or nothing, as one refused
// change is enough to test with.
func (p *probe) changes(kq int, changes, events []sys.Kevent, timeout int64) (int, sys.Errno) {
	for _, c := range changes {
		if p.onCtl == nil || c.Flags&sys.EV_ADD == 0 {
			continue
		}
		if e := p.onCtl(int(c.Ident)); e != 0 {
			events[0] = c
			events[0].Flags, events[0].Data = sys.EV_ERROR, int64(e)
			return 1, 0
		}
	}
	return p.Kernel.Kevent(kq, changes, events, timeout)
}

func (p *probe) signal() sys.Errno {
	p.signals.Add(1)
	if p.onSignal == nil {
		return 0
	}
	return p.onSignal()
}

func (p *probe) Write(fd int, b []byte) (int, sys.Errno) {
	if e := p.signal(); e != 0 {
		return 0, e
	}
	defer p.signalled()
	return p.Kernel.Write(fd, b)
}

func (p *probe) signalled() {
	if p.afterSignal != nil {
		p.afterSignal()
	}
}
