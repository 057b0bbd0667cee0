package netconn

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/rawloop/rawloop/rawsock"
)

// interleave lets the families take turns, beginning with the one that comes first;
// within a family the order stays (RFC 8305, section 4).
func interleave(addrs []rawsock.Sockaddr) []rawsock.Sockaddr {
	var first, others []rawsock.Sockaddr
	for _, sa := range addrs {
		if sa.Family() == addrs[0].Family() {
			first = append(first, sa)
		} else {
			others = append(others, sa)
		}
	}
	mixed := make([]rawsock.Sockaddr, 0, len(addrs))
	for i := range max(len(first), len(others)) {
		if i < len(first) {
			mixed = append(mixed, first[i])
		}
		if i < len(others) {
			mixed = append(mixed, others[i])
		}
	}
	return mixed
}

type attempt func(context.Context, network, rawsock.Sockaddr) (*Conn, error)

// race tries the addresses, each delay after the one before it or as soon as one has
// failed, and returns the first connection (RFC 8305, section 5). When it returns no
// attempt is left.
func race(ctx context.Context, n network, addrs []rawsock.Sockaddr, delay time.Duration, try attempt) (*Conn, error) {
	if len(addrs) == 1 {
		return try(ctx, n, addrs[0])
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &racers{ctx: ctx, n: n, left: addrs, try: try, ends: make(chan end, len(addrs))}
	defer r.stop(cancel)
	timer := time.NewTimer(delay)
	defer timer.Stop()
	var errs attemptErrors
	for r.start(); r.running > 0; {
		select {
		case e := <-r.ends:
			r.running--
			if e.err == nil {
				return e.conn, nil
			}
			errs = append(errs, e.err)
		case <-timer.C:
		}
		if r.start() {
			timer.Reset(delay)
		}
	}
	if len(errs) == 0 {
		errs = attemptErrors{rawsock.ErrNoAddress}
	}
	return nil, n.failed("dial", "", rawsock.Sockaddr{}, errs)
}

// racers are attempts that go on side by side.
type racers struct {
	ctx     context.Context
	n       network
	try     attempt
	left    []rawsock.Sockaddr
	running int
	ends    chan end
}

type end struct {
	conn *Conn
	err  error
}

// start begins the next attempt, if there is one.
func (r *racers) start() bool {
	if len(r.left) == 0 || r.ctx.Err() != nil {
		return false
	}
	to := r.left[0]
	r.left = r.left[1:]
	r.running++
	go func() {
		c, err := r.try(r.ctx, r.n, to)
		r.ends <- end{c, err}
	}()
	return true
}

// stop ends the attempts that still go on, and closes what comes of them.
func (r *racers) stop(cancel context.CancelFunc) {
	cancel()
	for ; r.running > 0; r.running-- {
		if e := <-r.ends; e.err == nil {
			_ = e.conn.Close()
		}
	}
}

// attemptErrors are the errors of all attempts, in the order in which they failed.
type attemptErrors []error

func (e attemptErrors) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap is for errors.Is and errors.As.
func (e attemptErrors) Unwrap() []error { return e }

// Timeout reports whether time was what one of them lacked.
func (e attemptErrors) Timeout() bool {
	for _, err := range e {
		if t, ok := errors.AsType[interface {
			error
			Timeout() bool
		}](err); ok && t.Timeout() {
			return true
		}
	}
	return false
}

// firstOf makes what can be made of the first address that it can be made of, in
// their order. try also says which call failed.
func firstOf[T any](n network, op string, addrs []rawsock.Sockaddr, try func(rawsock.Sockaddr) (T, string, error)) (none T, _ error) {
	var errs attemptErrors
	for _, sa := range addrs {
		v, call, err := try(sa)
		if err == nil {
			return v, nil
		}
		errs = append(errs, n.failed(op, call, sa, err))
	}
	switch len(errs) {
	case 0:
		return none, n.failed(op, "", rawsock.Sockaddr{}, rawsock.ErrNoAddress)
	case 1:
		return none, errs[0]
	}
	return none, n.failed(op, "", rawsock.Sockaddr{}, errs)
}
