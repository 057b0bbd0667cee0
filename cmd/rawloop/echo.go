package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/address"
)

// echoFlags are the flags of echo that do not shape the engine.
type echoFlags struct {
	json  bool
	quiet bool
}

func newEcho() *cobra.Command {
	var (
		o    serverOptions
		f    echoFlags
		say  verbosity
		busy busyPollFlag

		counters countersFlag
	)
	cmd := &cobra.Command{
		Use:   "echo ADDRESS …",
		Short: "Send back every byte that arrives",
		Long: `Examples:
  rawloop echo tcp://127.0.0.1:9000
  rawloop echo tcp://127.0.0.1:0 unix:///tmp/e.sock     # two listeners; a line on stderr says where each one is
  rawloop echo --engine net tcp://127.0.0.1:9000        # the same service on Go's net package
  rawloop echo --json 127.0.0.1:9000                    # final statistics as one JSON object on stdout

  rawloop echo --counters calls --json 127.0.0.1:9000   # the kernel counts, too; the last line says whether it agrees

Engines: loop (the event loop), net (Go's net, a goroutine a connection), thread (a thread a connection, at most 1000),
blocking (one connection after the other on each listener).

SIGINT or SIGTERM drains: nothing more is accepted, what was received is echoed, and the server exits 0 once every connection has
ended or --drain has passed. A second signal ends it at once. A server whose last listener has ended drains too, and exits 1.

Only what is written is bound: a server on 127.0.0.1 serves this machine alone, one on :9000 (the wildcard) everybody who can reach it.

fd://N takes over a listening socket that the process was started with. It is set O_NONBLOCK, and stays so for everybody who shares it.`,
		Args:              wantArgs(1, many, "at least one ADDRESS, as in rawloop echo 127.0.0.1:9000"),
		ValidArgsFunction: completeAddress,
		RunE: verb(func(cmd *cobra.Command, args []string) error {
			addrs, err := parseStreams(args)
			if err != nil {
				return err
			}
			if o.drain < 0 {
				return usagef("--drain wants 0 or more, not %v", o.drain)
			}
			if counters.given && o.engine != engineLoop {
				return usagef("--counters needs engine %s, not %s", engineLoop, o.engine)
			}
			stderr := cmd.ErrOrStderr()
			o.busyPoll, f.quiet = busy.d, say.quiet
			o.report = reporter(stderr)
			if say.verbose {
				o.trace = o.report
			}
			if counters.given {
				if o.kernel, err = newComparer(counters.level, say.notes(stderr)); err != nil {
					return err
				}
				defer o.kernel.close()
			}
			return echo(cmd.OutOrStdout(), stderr, addrs, o, f)
		}),
	}
	fs := cmd.Flags()
	engineVar(cmd, &o.engine, "how to serve: ")
	fs.IntVar(&o.loops, "loops", 1, "event loops, each on its own goroutine")
	fs.Var(&busy, "busy-poll", "how long an idle loop asks again before it sleeps; 0 is off (default adapts)")
	fs.IntVar(&o.maxConns, "max-conns", 0, "connections held at once; more are closed as they come (default: the descriptor limit less 64, but at least half of it)")
	fs.DurationVar(&o.drain, "drain", 10*time.Second, "how long connections may take to end after the first signal")
	fs.Var(&counters, "counters", "have the kernel count, too, and compare: lifecycle, calls or wake; Linux, CAP_BPF and CAP_PERFMON")
	fs.BoolVar(&f.json, "json", false, "print the final statistics as one JSON object on stdout")
	say.define(fs, "a line for each connection that opens or closes")
	return cmd
}

// busyPollFlag is a duration whose 0 means off; loop.Config has 0 for the adaptive default and negative for off.
type busyPollFlag struct{ d time.Duration }

func (f *busyPollFlag) Type() string   { return "duration" }
func (f *busyPollFlag) String() string { return "" }

func (f *busyPollFlag) Set(s string) error {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return err
	case d < 0:
		return fmt.Errorf("want 0 or more")
	case d == 0:
		d = -1
	}
	f.d = d
	return nil
}

// echo serves until a signal or until no listener is left.
func echo(stdout, stderr io.Writer, addrs []address.Address, o serverOptions, f echoFlags) error {
	e, err := newEngine(o)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, unix.SIGTERM)
	defer signal.Stop(signals)
	started := time.Now()
	endpoints, err := e.listen(addrs)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- e.serve() }()
	var labels []string
	for _, ep := range endpoints {
		labels = append(labels, ep.label)
		if !f.quiet {
			fmt.Fprintf(stderr, "listening %s\n", ep.label)
		}
	}
	drained, err := serveUntilSignal(e, signals, served, o.drain)
	s := e.stats()
	if o.kernel != nil {
		s.comparison = o.kernel.finish(*s.Loop)
		if !f.quiet {
			o.report("%s", s.comparison.summary())
		}
	}
	if f.json {
		s.Schema, s.Engine, s.Listeners, s.Seconds, s.Drain = echoSchema, o.engine, labels, time.Since(started).Seconds(), drained
		if err := printJSON(stdout, s); err != nil {
			return err
		}
	}
	if drained != nil && drained.Forced > 0 && !f.quiet {
		fmt.Fprintf(stderr, "rawloop: %d of %d connections closed by force after %v, %d bytes not sent\n",
			drained.Forced, drained.Connections, o.drain, drained.BytesUnsent)
	}
	return err
}

// secondSignalGrace is for timeout(1), which sends every signal twice: to the process and to its group.
const secondSignalGrace = 100 * time.Millisecond

// serveUntilSignal waits for the first signal and drains; a second one ends the engine, unless it is about to end by itself.
func serveUntilSignal(e engine, signals <-chan os.Signal, served <-chan error, limit time.Duration) (*drainReport, error) {
	select {
	case err := <-served:
		return nil, err
	case <-signals:
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	drained := make(chan drainReport, 1)
	go func() { drained <- e.drain(ctx) }()
	select {
	case r := <-drained:
		return &r, <-served
	case s := <-signals:
		select {
		case r := <-drained:
			return &r, <-served
		case <-time.After(secondSignalGrace):
		}
		open := e.stats().Open
		e.close()
		return nil, fmt.Errorf("ended by a second signal (%v) with %d connections open", s, open)
	}
}
