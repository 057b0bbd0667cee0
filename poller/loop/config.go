package loop

import (
	"fmt"
	"time"

	"github.com/rawloop/rawloop/poller"
	"github.com/rawloop/rawloop/rawsock"
)

// Config shapes a Group. The zero value is a group of one loop with every
// default; 0 never means unlimited.
type Config struct {
	// Loops is how many event loops, each on its own goroutine. 0 is 1.
	Loops int

	// BusyPoll is how long a loop that has nothing to do asks the kernel again
	// before it sleeps. 0 adapts: up to 50 µs while that finds events, and not
	// at all where it does not. Negative never spins; positive always spins
	// that long.
	BusyPoll time.Duration

	// MaxConns is how many connections the group holds; more are accepted and
	// closed at once, and counted in Stats.Shed. 0 is the process's descriptor
	// limit less 64, but at least half of it.
	MaxConns int

	// CloseTimeout is how long after Close a connection may go without any
	// progress, and how long its last input is awaited. 0 is 5 s.
	CloseTimeout time.Duration

	// Limits bounds what connections may hold and take.
	Limits Limits

	// CrashOnPanic lets a panic in a callback end the program, as it would
	// without the loop.
	CrashOnPanic bool

	// OnError is told of errors that belong to no caller: faults of accept,
	// panics. It is called on the loop that met them. Nil discards them; Stats
	// counts them in any case.
	OnError func(error)

	// OnListener is given each listening socket of the group: one that is bound
	// and does not listen yet, so that no connection can come before what it sets
	// for all that will be accepted; or one that was adopted. It runs in Listen and
	// must not call the group. Its error ends Listen. Each connection's descriptor
	// is known to the function that makes its handler, before the first byte is
	// read.
	OnListener func(rawsock.FD) error

	// CountIO has the calls of each connection counted, for Conn.IO.
	CountIO bool

	// Backend is the poller to use; empty is the platform's best.
	Backend poller.Backend
}

// Limits bounds memory and work. A zero field takes the default.
type Limits struct {
	MaxUnconsumed  int // input kept for a handler that consumed less; 1 MiB
	MaxQueued      int // output waiting for the kernel, a connection; 1 MiB
	MaxQueuedLoop  int // the same over all connections of a loop; 256 MiB
	HighWater      int // above it the loop stops reading from a connection; 256 KiB
	LowWater       int // at or below it the loop reads again; 64 KiB
	ReadBudget     int // bytes read from a connection before others have their turn; 256 KiB
	AcceptsPerTurn int // connections accepted before others have their turn; 64
	MaxPosts       int // functions and Sends waiting for a loop; 65536
}

const (
	defaultBusyPoll = 50 * time.Microsecond
	reservedFDs     = 64
	maxLoops        = 1024
)

func (c Config) withDefaults() (Config, error) {
	if c.Loops < 0 || c.Loops > maxLoops {
		return c, fmt.Errorf("loop: Config.Loops is %d, want 0..%d", c.Loops, maxLoops)
	}
	if c.MaxConns < 0 {
		return c, fmt.Errorf("loop: Config.MaxConns is %d, want 0 or more", c.MaxConns)
	}
	if c.CloseTimeout < 0 {
		return c, fmt.Errorf("loop: Config.CloseTimeout is %v, want 0 or more", c.CloseTimeout)
	}
	c.Loops = max(c.Loops, 1)
	if c.CloseTimeout == 0 {
		c.CloseTimeout = 5 * time.Second
	}
	if c.OnListener == nil {
		c.OnListener = func(rawsock.FD) error { return nil }
	}
	if c.OnError == nil {
		c.OnError = func(error) {}
	}
	err := c.Limits.fill()
	return c, err
}

// maxBytes keeps byte limits within the 32 bits in which a connection counts
// them.
const maxBytes = 1<<31 - 1

func (l *Limits) fill() error {
	for _, f := range []struct {
		name     string
		field    *int
		fallback int
	}{
		{"MaxUnconsumed", &l.MaxUnconsumed, 1 << 20},
		{"MaxQueued", &l.MaxQueued, 1 << 20},
		{"MaxQueuedLoop", &l.MaxQueuedLoop, 256 << 20},
		{"HighWater", &l.HighWater, min(256<<10, max(l.MaxQueued/4, 1))},
		{"LowWater", &l.LowWater, 0},
		{"ReadBudget", &l.ReadBudget, 256 << 10},
		{"AcceptsPerTurn", &l.AcceptsPerTurn, 64},
		{"MaxPosts", &l.MaxPosts, 1 << 16},
	} {
		if *f.field < 0 || *f.field > maxBytes {
			return fmt.Errorf("loop: Limits.%s is %d, want 0..%d", f.name, *f.field, maxBytes)
		}
		if *f.field == 0 {
			*f.field = f.fallback
		}
	}
	if l.LowWater == 0 {
		l.LowWater = l.HighWater / 4
	}
	if l.LowWater > l.HighWater || l.HighWater > l.MaxQueued {
		return fmt.Errorf("loop: want LowWater <= HighWater <= MaxQueued, have %d, %d, %d", l.LowWater, l.HighWater, l.MaxQueued)
	}
	return nil
}
