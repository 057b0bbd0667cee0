package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/address"
	"github.com/rawloop/rawloop/poller/loop"
	"github.com/rawloop/rawloop/rawsock"
)

// engine is one way to serve echo on stream sockets.
type engine interface {
	// listen binds every address and listens, in order; with an error nothing stays open.
	listen(addrs []address.Address) ([]endpoint, error)
	// serve accepts and echoes until drain or close has done its work, or until no listener is left.
	serve() error
	// drain stops accepting, lets every connection echo what the kernel had received, and forces what is left when ctx ends.
	drain(ctx context.Context) drainReport
	// close ends everything at once.
	close()
	// stats can be called at any time from any goroutine.
	stats() serverStats
}

// endpoint is a listening address as it turned out.
type endpoint struct {
	label string // "tcp 127.0.0.1:34567"
	addr  rawsock.Sockaddr
}

// drainReport says how a drain ended.
type drainReport struct {
	Connections int   `json:"connections"`  // open when it began
	Forced      int   `json:"forced"`       // of these, closed by force
	BytesUnsent int64 `json:"bytes_unsent"` // echo that was owed and not sent
}

// serverOptions are the flags that shape a server, with their defaults filled in by newEngine.
type serverOptions struct {
	engine   string
	loops    int
	busyPoll time.Duration // as loop.Config.BusyPoll: negative off, 0 adaptive
	maxConns int
	drain    time.Duration                    // for the connections of an engine that has lost its listeners
	report   func(format string, args ...any) // faults that end no one's call
	trace    func(format string, args ...any) // opened and closed connections; nil without -v
	kernel   *comparer                        // counts beside the loop; nil without --counters
}

// engineLoop is the default, engineBlocking the one that serves a single connection at a time.
const (
	engineLoop     = "loop"
	engineNet      = "net"
	engineThread   = "thread"
	engineBlocking = "blocking"
)

var engines = []string{engineLoop, engineNet, engineThread, engineBlocking}

// maxThreads bounds the engine that spends a thread on each connection.
const maxThreads = 1000

// maxLoops is the bound of loop.Config.Loops.
const maxLoops = 1024

// check refuses flags that no engine can be made of.
func (o serverOptions) check() error {
	switch {
	case !slices.Contains(engines, o.engine):
		return usagef("unknown engine %q; known are %s", o.engine, strings.Join(engines, ", "))
	case o.loops < 0 || o.loops > maxLoops:
		return usagef("--loops wants 0..%d, where 0 is the default of 1, not %d", maxLoops, o.loops)
	case o.maxConns < 0:
		return usagef("--max-conns wants 0 or more, not %d", o.maxConns)
	case o.engine == engineLoop:
		return nil
	case o.loops > 1 || o.busyPoll != 0:
		return usagef("--loops and --busy-poll mean nothing for engine %s", o.engine)
	case o.engine == engineThread && o.maxConns > maxThreads:
		return usagef("--max-conns wants 0..%d for engine thread, not %d", maxThreads, o.maxConns)
	}
	return nil
}

func newEngine(o serverOptions) (engine, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := roomForRuntime(); err != nil {
		return nil, err
	}
	if o.engine == engineLoop {
		return newLoopEngine(o, loop.Limits{})
	}
	// The runtime opens its poller for the first timer of a process, which must not be when connections have used up the descriptors.
	// (The event loop sees to that itself.)
	time.AfterFunc(time.Hour, func() {}).Stop()
	if o.maxConns == 0 {
		o.maxConns = descriptorLimit()
		if o.engine == engineThread {
			o.maxConns = min(o.maxConns, maxThreads)
		}
	}
	switch p := newPlain(o); o.engine {
	case engineNet:
		return &netEngine{p}, nil
	case engineThread:
		return &threadEngine{p}, nil
	default:
		return &blockingEngine{p}, nil
	}
}

// roomForRuntime looks for the two descriptors that the Go runtime needs for its own poller: it ends a process that has no more of
// them with a trace of itself instead of an error.
func roomForRuntime() error {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return &opError{"socketpair", "unix", err}
	}
	return errors.Join(unix.Close(fds[0]), unix.Close(fds[1]))
}

// descriptorLimit is how many connections the limit of open files leaves room for.
func descriptorLimit() int {
	const reserved, fallback = 64, 1024
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return fallback
	}
	n := int(min(uint64(lim.Cur), 1<<30))
	return max(n-reserved, n/2, 1)
}

// parseStreams reads the addresses of a verb that speaks to stream sockets only.
func parseStreams(args []string) ([]address.Address, error) {
	var all []address.Address
	given := make(map[int]bool)
	for _, text := range args {
		a, err := address.Parse(text)
		if err != nil {
			return nil, err
		}
		if !a.IsStream() && a.Network != "fd" {
			return nil, &address.Error{Text: text, Reason: fmt.Sprintf("%s has no stream; use tcp, unix or fd", a.Network)}
		}
		if a.Network == "fd" {
			if given[a.FD] {
				return nil, &address.Error{Text: text, Reason: "this descriptor is given twice"}
			}
			given[a.FD] = true
		}
		all = append(all, a)
	}
	return all, nil
}
