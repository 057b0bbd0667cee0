package loop

import (
	"errors"
	"io/fs"

	"github.com/rawloop/rawloop/internal/queue"
)

// message is what other goroutines send to a loop: a function to run, bytes for
// a connection, or a connection that another loop accepted.
type message struct {
	fn    func()
	to    Conn
	adopt *Listener
	fd    int
}

// Post runs fn on the loop, after what was posted before. Any goroutine may
// call it; fn must not block. It returns ErrPostQueueFull, or ErrClosed when
// the loop has ended. What was posted before a loop ends is run.
//
// Any other error is the kernel's refusal to wake the loop: fn is accepted and
// runs with the loop's next turn.
func (l *Loop) Post(fn func()) error {
	return l.post(message{fn: fn}, nil, func() {})
}

// post pushes m with a copy of p. The poller is asked for a wake-up every time,
// which it coalesces: had the last one failed, nothing else would wake the loop.
func (l *Loop) post(m message, p []byte, undo func()) error {
	if _, err := l.posts.Push(m, p); err != nil {
		undo()
		return postError(err)
	}
	return l.wake()
}

// wake has the loop look at its queues. A loop that has ended meanwhile did so
// with its last turn.
func (l *Loop) wake() error {
	if err := l.p.Wake(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return err
	}
	return nil
}

// order runs fn on the loop however full the queue for users is.
func (l *Loop) order(fn func()) error {
	if _, err := l.control.Push(fn, nil); err != nil {
		return postError(err)
	}
	return l.wake()
}

// receive serves one message.
func (l *Loop) receive(m message, p []byte) {
	switch {
	case m.fn != nil:
		m.fn()
	case m.adopt != nil:
		l.open(m.adopt, m.fd, p)
	default:
		l.deliver(m.to, p)
	}
}

// postError gives the errors of the post queue the names of this package.
func postError(err error) error {
	switch {
	case errors.Is(err, queue.ErrFull):
		return ErrPostQueueFull
	case errors.Is(err, queue.ErrClosed):
		return ErrClosed
	}
	return err
}
