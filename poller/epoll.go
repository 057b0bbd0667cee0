package poller

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// epoll is the backend on epoll(7). The kernel holds all registrations; the
// token is the event's 64-bit data.
type epoll struct {
	waker
	k    sys.Kernel
	fd   int
	pipe *wakePipe
	buf  []sys.EpollEvent // as long as the longest slice that Wait was given
}

func newEpoll(k sys.Kernel) (*epoll, error) {
	fd, e := k.EpollCreate1()
	if e != 0 {
		return nil, fmt.Errorf("poller: epoll_create1: %w", e)
	}
	pipe, err := newWakePipe(k)
	if err != nil {
		k.Close(fd)
		return nil, err
	}
	// Edge-triggered, because every write to an eventfd is an edge: it need
	// not be read each time.
	if e := k.EpollCtl(fd, sys.EPOLL_CTL_ADD, pipe.r, sys.EPOLLIN|sys.EPOLLET, reservedToken); e != 0 {
		pipe.close()
		k.Close(fd)
		return nil, fmt.Errorf("poller: epoll_ctl of the wake descriptor: %w", e)
	}
	p := &epoll{k: k, fd: fd, pipe: pipe}
	p.signal = pipe.writeEdge
	return p, nil
}

func (p *epoll) Add(fd int, token uint64, interest Interest, mode Mode) error {
	return p.ctl(sys.EPOLL_CTL_ADD, fd, token, interest, mode)
}

// Modify needs nothing more than EPOLL_CTL_MOD, which looks at the descriptor
// afresh also when the mask stays the same.
func (p *epoll) Modify(fd int, token uint64, interest Interest, mode Mode) error {
	return p.ctl(sys.EPOLL_CTL_MOD, fd, token, interest, mode)
}

func (p *epoll) Remove(fd int) error {
	return p.ctl(sys.EPOLL_CTL_DEL, fd, 0, 0, Level)
}

func (p *epoll) ctl(op, fd int, token uint64, interest Interest, mode Mode) error {
	if p.closed {
		return errClosed
	}
	if err := checkArgs(Epoll, fd, token, interest, mode); err != nil {
		return err
	}
	mask := pollMask(interest, sys.EPOLLRDHUP)
	switch mode {
	case Edge:
		mask |= sys.EPOLLET
	case OneShot:
		mask |= sys.EPOLLONESHOT
	}
	return errnoErr(p.k.EpollCtl(p.fd, op, fd, mask, token))
}

func (p *epoll) Wait(events []Event, timeout time.Duration) (int, error) {
	if p.closed {
		return 0, errClosed
	}
	if len(events) == 0 {
		return 0, unix.EINVAL
	}
	if len(events) > len(p.buf) {
		p.buf = make([]sys.EpollEvent, len(events))
	}
	got, e := p.k.EpollWait(p.fd, p.buf[:len(events)], milliseconds(timeout))
	if e != 0 && e != unix.EINTR {
		return 0, e
	}
	n := 0
	for i := range p.buf[:got] {
		ev := &p.buf[i]
		token := sys.Token(ev)
		if token == reservedToken {
			p.noticed()
			continue
		}
		events[n] = Event{Token: token, Ready: pollReady(ev.Events, sys.EPOLLRDHUP)}
		n++
	}
	return n, nil
}

func (p *epoll) Close() error {
	if p.closed {
		return errClosed
	}
	p.waker.close()
	p.pipe.close()
	return errnoErr(p.k.Close(p.fd))
}
