package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/address"
	"github.com/rawloop/rawloop/rawsock"
)

// benchFlags are the flags of bench.
type benchFlags struct {
	self     bool
	conns    int
	threads  int
	duration time.Duration
	messages int64
	size     sizeFlag
	pipeline int
	warmup   time.Duration
	wait     time.Duration
	json     bool
	stream   bool
	say      verbosity
}

// sizeFlag is a number of bytes with an optional unit.
type sizeFlag int

func (f *sizeFlag) Type() string   { return "bytes" }
func (f *sizeFlag) String() string { return fmt.Sprint(int(*f)) }

func (f *sizeFlag) Set(s string) error {
	n, err := address.ParseSize(s)
	*f = sizeFlag(n)
	return err
}

func newBench() *cobra.Command {
	var (
		o    serverOptions
		busy busyPollFlag
		f    = benchFlags{size: 64}
	)
	cmd := &cobra.Command{
		Use:   "bench [ADDRESS]",
		Short: "Drive an echo server, check every byte, measure latency",
		Long:  benchHelp,
		Args:  wantArgs(0, 1, "at most one ADDRESS"),
		RunE: verb(func(cmd *cobra.Command, args []string) error {
			stderr := cmd.ErrOrStderr()
			o.busyPoll, o.drain = busy.d, time.Second
			o.report = reporter(stderr)
			a, err := f.check(args)
			if err := cmp.Or(err, o.check(), f.checkSelf(cmd.Flags())); err != nil {
				return err
			}
			if f.messages > 0 && !cmd.Flags().Changed("duration") {
				f.duration = 24 * time.Hour
			}
			if o.engine == engineBlocking && f.conns > 1 {
				f.say.notes(stderr)("engine blocking serves one connection at a time: using 1 connection instead of %d", f.conns)
				f.conns, f.threads = 1, 1
			}
			return bench(cmd.OutOrStdout(), stderr, a, o, f)
		}),
	}
	fs := cmd.Flags()
	engineVar(cmd, &o.engine, "how --self serves: ")
	fs.IntVar(&o.loops, "loops", 1, "event loops of --self")
	fs.Var(&busy, "busy-poll", "how long an idle loop of --self asks again before it sleeps; 0 is off (default adapts)")
	f.define(fs)
	cmd.ValidArgsFunction = completeAddress
	return cmd
}

const benchHelp = `Examples:
  rawloop bench --self                               # serve on the event loop in this process and drive it
  rawloop bench --self --engine net -c 1000 -d 10s   # the same work on Go's net
  rawloop bench tcp://127.0.0.1:9000 -c 100 -s 16k
  rawloop bench unix:///tmp/e.sock --pipeline 16 --json

The loop is closed: each connection has --pipeline messages in flight and sends the next one when an answer is complete, so a slow
server is asked less often. Every byte follows from its connection and its offset, and every byte that returns is checked.

Exit: 3 if bytes were lost, wrong or duplicated, 1 if connections failed otherwise.`

func (f *benchFlags) define(fs *pflag.FlagSet) {
	fs.BoolVar(&f.self, "self", false, "serve in this process, at ADDRESS or a free port of loopback, and drive that")
	fs.IntVarP(&f.conns, "connections", "c", 200, "connections")
	fs.DurationVarP(&f.duration, "duration", "d", 3*time.Second, "how long to measure")
	fs.Int64VarP(&f.messages, "messages", "n", 0, "stop after so many messages; 0 is no limit, and without -d it is the only one")
	fs.VarP(&f.size, "size", "s", "bytes of a message; 16k and 1MiB are understood")
	fs.IntVar(&f.pipeline, "pipeline", 1, "messages in flight on each connection")
	fs.DurationVar(&f.warmup, "warmup", 200*time.Millisecond, "time before the measurement; its bytes are checked too")
	fs.IntVar(&f.threads, "threads", 1, "goroutines that drive, each with its share of the connections")
	fs.DurationVarP(&f.wait, "wait", "w", 5*time.Second, "how long to wait for connections to open, and for answers at the end")
	fs.BoolVar(&f.json, "json", false, "print one JSON object")
	fs.BoolVar(&f.stream, "json-stream", false, "print a JSON object a line: one for each second, and at the end that of --json")
	f.say.define(fs, "how the stages of the run went")
}

// checkSelf refuses the flags of a server that is not ours.
func (f *benchFlags) checkSelf(fs *pflag.FlagSet) error {
	for _, name := range []string{"engine", "loops", "busy-poll"} {
		if !f.self && fs.Changed(name) {
			return usagef("--%s is for the server of --self", name)
		}
	}
	return nil
}

// check validates the flags against each other and reads the address.
func (f *benchFlags) check(args []string) (address.Address, error) {
	const maxInFlight = 1 << 24
	switch {
	case len(args) == 0 && !f.self:
		return address.Address{}, usagef("bench wants an ADDRESS, or --self to serve in this process")
	case f.conns < 1 || f.conns >= maxPatterns:
		return address.Address{}, usagef("-c wants 1 to %d connections, not %d", maxPatterns-1, f.conns)
	case f.threads < 1 || f.threads > f.conns:
		return address.Address{}, usagef("--threads wants 1 to %d, the number of connections, not %d", f.conns, f.threads)
	case f.pipeline < 1 || f.pipeline > maxInFlight/f.conns:
		return address.Address{}, usagef("--pipeline wants 1 to %d for %d connections, not %d", maxInFlight/f.conns, f.conns, f.pipeline)
	case f.messages < 0 || f.duration <= 0 || f.warmup < 0 || f.wait <= 0:
		return address.Address{}, usagef("-n and --warmup want 0 or more, -d and -w more than 0")
	}
	if len(args) == 0 {
		args = []string{"tcp://127.0.0.1:0"}
	}
	addrs, err := parseStreams(args)
	if err != nil {
		return address.Address{}, err
	}
	if addrs[0].Network == "fd" {
		return address.Address{}, usagef("bench opens connections of its own: an fd address is of no use to it")
	}
	return addrs[0], nil
}

// bench runs a measurement and prints its report.
func bench(stdout, stderr io.Writer, a address.Address, o serverOptions, f benchFlags) error {
	t := target{
		unix: a.IsUnix(), noDelay: a.Options.NoDelay == nil || *a.Options.NoDelay, rcvBuf: a.Options.RcvBuf, sndBuf: a.Options.SndBuf,
		size: int(f.size), pipeline: f.pipeline, conns: f.conns, patience: f.wait,
	}
	var stopSelf func() (*serverStats, error)
	if f.self {
		ep, stop, err := serveSelf(a, o)
		if err != nil {
			return err
		}
		stopSelf, t.addrs, t.label = stop, []rawsock.Sockaddr{ep.addr}, ep.label
	} else {
		var err error
		if t.addrs, t.label, err = resolveRemote(context.Background(), a); err != nil {
			return err
		}
	}
	r := newBenchReport(t, f)
	var s *benchStream
	if f.stream {
		s = newBenchStream(stdout, f.threads, int(f.size))
	}
	err := r.measure(stderr, s, t, f)
	if f.self {
		stats, serr := stopSelf()
		r.Engine, r.Server = o.engine, stats
		err = errors.Join(err, serr)
	}
	if err != nil {
		return err
	}
	if err := r.print(stdout, f); err != nil && !errors.Is(err, unix.EPIPE) {
		return err
	}
	return r.verdict()
}

// serveSelf starts a server in this process. stop ends it and returns its statistics.
func serveSelf(a address.Address, o serverOptions) (endpoint, func() (*serverStats, error), error) {
	e, err := newEngine(o)
	if err != nil {
		return endpoint{}, nil, err
	}
	endpoints, err := e.listen([]address.Address{a})
	if err != nil {
		return endpoint{}, nil, err
	}
	started := time.Now()
	served := make(chan error, 1)
	go func() { served <- e.serve() }()
	stop := func() (*serverStats, error) {
		ctx, cancel := context.WithTimeout(context.Background(), o.drain)
		defer cancel()
		drained := e.drain(ctx)
		err := <-served
		s := e.stats()
		s.Schema, s.Engine, s.Listeners, s.Drain = echoSchema, o.engine, []string{endpoints[0].label}, &drained
		s.Seconds = time.Since(started).Seconds()
		return &s, err
	}
	return endpoints[0], stop, nil
}

// interrupts sets stop at the first signal and calls wake. done ends the watch and returns the signal, if there was one.
func interrupts(stop *atomic.Bool, wake func()) (done func() os.Signal) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, unix.SIGTERM)
	quit, got := make(chan struct{}), make(chan os.Signal, 1)
	go func() {
		select {
		case s := <-signals:
			// From here on a second signal ends the process in the ordinary way.
			signal.Stop(signals)
			stop.Store(true)
			wake()
			got <- s
		case <-quit:
			signal.Stop(signals)
			got <- nil
		}
	}()
	return func() os.Signal {
		close(quit)
		return <-got
	}
}

// signalExit is the exit of a client verb that a signal cut short.
func signalExit(s os.Signal) error {
	return &exitError{128 + int(s.(syscall.Signal)), fmt.Errorf("ended by a signal (%v)", s)}
}
