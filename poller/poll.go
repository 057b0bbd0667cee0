package poller

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// poll is the backend on poll(2): all registrations are handed over at every
// wait, so its cost grows with their number. Entry 0 of the three parallel
// slices is the wake descriptor.
type poll struct {
	waker
	k      sys.Kernel
	pipe   *wakePipe
	fds    []sys.PollFd
	tokens []uint64
	modes  []Mode
	index  map[int]int // descriptor to entry
	next   int         // entry at which the next scan for events starts
	probe  [1]sys.PollFd
}

func newPoll(k sys.Kernel) (*poll, error) {
	pipe, err := newWakePipe(k)
	if err != nil {
		return nil, err
	}
	p := &poll{
		k: k, pipe: pipe, next: 1, index: make(map[int]int),
		fds:    []sys.PollFd{{Fd: int32(pipe.r), Events: sys.POLLIN}},
		tokens: []uint64{reservedToken},
		modes:  []Mode{Level},
	}
	p.signal = pipe.write
	return p, nil
}

// entry is the index of fd, 0 if it has none, after the checks that Add and
// Modify share.
func (p *poll) entry(fd int, token uint64, interest Interest, mode Mode) (int, error) {
	if p.closed {
		return 0, errClosed
	}
	return p.index[fd], checkArgs(Poll, fd, token, interest, mode)
}

func (p *poll) Add(fd int, token uint64, interest Interest, mode Mode) error {
	i, err := p.entry(fd, token, interest, mode)
	if err != nil {
		return err
	}
	if i != 0 {
		return unix.EEXIST
	}
	// poll(2) takes any number and reports a closed one at every wait.
	p.probe[0] = sys.PollFd{Fd: int32(fd)}
	if _, e := p.k.Poll(p.probe[:], 0); e == 0 && p.probe[0].Revents&sys.POLLNVAL != 0 {
		return unix.EBADF
	}
	p.index[fd] = len(p.fds)
	p.fds = append(p.fds, pollEntry(fd, interest))
	p.tokens = append(p.tokens, token)
	p.modes = append(p.modes, mode)
	return nil
}

func (p *poll) Modify(fd int, token uint64, interest Interest, mode Mode) error {
	i, err := p.entry(fd, token, interest, mode)
	if err != nil {
		return err
	}
	if i == 0 {
		return unix.ENOENT
	}
	p.fds[i], p.tokens[i], p.modes[i] = pollEntry(fd, interest), token, mode
	return nil
}

func pollEntry(fd int, interest Interest) sys.PollFd {
	return sys.PollFd{Fd: int32(fd), Events: int16(pollMask(interest, sys.POLLRDHUP))}
}

func (p *poll) Remove(fd int) error {
	i, err := p.entry(fd, 0, 0, Level)
	if err != nil {
		return err
	}
	if i == 0 {
		return unix.ENOENT
	}
	last := len(p.fds) - 1
	moved := p.fds[last].Fd
	if moved < 0 {
		moved = ^moved
	}
	p.index[int(moved)] = i
	p.fds[i], p.tokens[i], p.modes[i] = p.fds[last], p.tokens[last], p.modes[last]
	p.fds, p.tokens, p.modes = p.fds[:last], p.tokens[:last], p.modes[:last]
	delete(p.index, fd)
	return nil
}

func (p *poll) Wait(events []Event, timeout time.Duration) (int, error) {
	if p.closed {
		return 0, errClosed
	}
	if len(events) == 0 {
		return 0, unix.EINVAL
	}
	ready, e := p.k.Poll(p.fds, milliseconds(timeout))
	if e == unix.EINTR {
		return 0, nil
	}
	if e != 0 {
		return 0, e
	}
	if ready > 0 && p.fds[0].Revents != 0 {
		ready--
		p.pipe.drain()
		p.noticed()
	}
	return p.collect(events, ready), nil
}

// collect reports the ready entries. It starts after the last one that it
// reported before: if more are ready than fit, each gets its turn.
func (p *poll) collect(events []Event, ready int) (n int) {
	ready = min(ready, len(events))
	for range len(p.fds) - 1 {
		if n == ready {
			break
		}
		if p.next >= len(p.fds) {
			p.next = 1
		}
		if fd := &p.fds[p.next]; fd.Revents != 0 {
			events[n] = Event{Token: p.tokens[p.next], Ready: revents(fd.Revents)}
			n++
			if p.modes[p.next] == OneShot {
				fd.Fd = ^fd.Fd // a negative one is skipped, HUP and ERR included
			}
		}
		p.next++
	}
	return n
}

func revents(r int16) Ready {
	ready := pollReady(uint32(uint16(r)), sys.POLLRDHUP)
	if r&sys.POLLNVAL != 0 {
		ready |= Failed
	}
	return ready
}

func (p *poll) Close() error {
	if p.closed {
		return errClosed
	}
	p.waker.close()
	p.pipe.close()
	return nil
}
