package loop

import (
	"time"
)

// wait fetches events into l.events: at once if there is other work, else when
// something happens or the next timer is due.
func (l *Loop) wait() (int, error) {
	timeout := l.timeout()
	if timeout == 0 {
		return l.p.Wait(l.events, 0)
	}
	if budget := l.spin.budget(timeout); budget > 0 {
		n, err := l.busyPoll(budget)
		if n > 0 || err != nil || l.posted() {
			l.spin.found()
			return n, err
		}
		l.spin.missed()
		l.now = l.k.Now()
		timeout = l.timeout()
	}
	l.publish()
	// A wake-up that a busy poll took is not lost: posted says so. One that
	// comes after this check makes Wait return.
	if l.posted() {
		return l.p.Wait(l.events, 0)
	}
	return l.p.Wait(l.events, timeout)
}

func (l *Loop) posted() bool { return l.posts.Len() > 0 || l.control.Len() > 0 }

// timeout is how long there is nothing to do; negative is forever.
func (l *Loop) timeout() time.Duration {
	if len(l.ready) > 0 || len(l.dirty) > 0 || len(l.acceptors) > 0 || len(l.dying) > 0 || l.canFeed() || l.stopping {
		return 0
	}
	when, ok := l.wheel.Next()
	if !ok {
		return -1
	}
	return time.Duration(max(when-l.now, 0))
}

// busyPoll asks again and again, without sleeping, for as long as budget.
func (l *Loop) busyPoll(budget time.Duration) (int, error) {
	for end := l.k.Now() + int64(budget); l.k.Now() < end; {
		l.stats.Spins++
		if n, err := l.p.Wait(l.events, 0); n != 0 || err != nil {
			return n, err
		}
		if l.posted() {
			break
		}
	}
	return 0, nil
}

// spinner decides how long to poll busily before sleeping. Waking a sleeping
// thread takes tens of microseconds; where the next event comes sooner than
// that, spinning answers it at once and costs less than sleeping would. Where
// it does not, spinning is waste: after each miss the next spins are left out,
// twice as many every time.
type spinner struct {
	length time.Duration
	adapts bool
	misses uint
	skip   uint
}

const maxSkipShift = 8

func newSpinner(busyPoll time.Duration) spinner {
	switch {
	case busyPoll < 0:
		return spinner{}
	case busyPoll == 0:
		return spinner{length: defaultBusyPoll, adapts: true}
	}
	return spinner{length: busyPoll}
}

func (s *spinner) budget(timeout time.Duration) time.Duration {
	if s.skip > 0 {
		s.skip--
		return 0
	}
	if timeout > 0 {
		return min(s.length, timeout)
	}
	return s.length
}

func (s *spinner) found() { s.misses = 0 }

func (s *spinner) missed() {
	if s.adapts {
		s.misses = min(s.misses+1, maxSkipShift)
		s.skip = 1<<s.misses - 1
	}
}
