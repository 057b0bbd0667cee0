//go:build linux

// Command compare measures echo servers side by side: rawloop, Go's net,
// cloudwego/netpoll and a loop in C, and any program that PEER names. See
// README.md for what exactly is measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// Exit codes, as the rawloop command has them.
const (
	exitOK     = 0
	exitError  = 1
	exitUsage  = 2
	exitMissed = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	run := compare
	if len(os.Args) > 1 && os.Args[1] == nameBatch {
		run, os.Args = compareBatches, os.Args[1:]
	}
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are the command line.
type options struct {
	trial, full, check bool
	rounds             int
	duration, warmup   time.Duration
	only, servers      string
	busyPoll, json     string
	peers              []string
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	name := "compare"
	if len(args) > 0 && args[0] == nameTrial {
		o.trial, args, name = true, args[1:], "compare trial"
	}
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.IntVar(&o.rounds, "rounds", 5, "interleaved rounds")
	fs.DurationVar(&o.duration, "duration", 3*time.Second, "measured window of one server in one round")
	fs.DurationVar(&o.warmup, "warmup", 500*time.Millisecond, "time before the window")
	fs.StringVar(&o.only, "only", "", "workloads, separated by commas (all: "+workloadNames()+")")
	fs.StringVar(&o.json, "json", "", "write the run as JSON to `file` (- is standard output, without the table)")
	if o.trial {
		fs.BoolVar(&o.full, "full", false, "every combination instead of one change at a time")
	} else {
		fs.StringVar(&o.servers, "servers", "", "built-in servers, separated by commas (all: cloop,net,netpoll,rawloop)")
		fs.StringVar(&o.busyPoll, "busy-poll", "", "rawloop's --busy-poll in the workloads without busy poll (default: rawloop's own)")
		fs.BoolVar(&o.check, "check", false, "compare with the targets and exit 3 when one is missed")
		fs.Func("peer", "another server as `name=command`; may be repeated; PEER holds one a line", func(s string) error {
			o.peers = append(o.peers, s)
			return nil
		})
	}
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	return o, o.validate(fs.Args())
}

func (o *options) validate(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q", rest[0])
	}
	if o.rounds < 1 || o.duration <= 0 || o.warmup < 0 {
		return errors.New("want --rounds ≥ 1, --duration > 0, --warmup ≥ 0")
	}
	return nil
}

// plan turns the command line into what is to be measured.
func (o *options) plan() (plan, error) {
	if o.trial {
		return trialPlan(o)
	}
	p := plan{Rounds: o.rounds, Baselines: []string{nameC, nameNet}}
	var err error
	if p.Workloads, err = pickWorkloads(o.only); err != nil {
		return p, err
	}
	if p.Servers, err = pickServers(builtin(o.busyPoll), o.servers); err != nil {
		return p, err
	}
	more, err := peers(append(strings.Split(os.Getenv("PEER"), "\n"), o.peers...))
	if err != nil {
		return p, err
	}
	p.Servers = append(p.Servers, more...)
	if err := checkNames(p.Servers); err != nil {
		return p, err
	}
	if o.check && !has(p.Servers, nameC, nameNet, nameRawloop) {
		return p, errors.New("--check needs the servers cloop, net and rawloop")
	}
	return p, nil
}

func compare(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		return complain(stderr, err, exitUsage)
	}
	p, err := o.plan()
	if err != nil {
		return complain(stderr, err, exitUsage)
	}
	if _, err := compiler(); err != nil {
		if os.Getenv("REQUIRE_TOOLS") == "1" {
			return complain(stderr, err, exitError)
		}
		fmt.Fprintln(stderr, "compare: skipped:", err)
		return exitOK
	}
	r, err := execute(ctx, o, p, stderr)
	if err != nil {
		return complain(stderr, err, exitError)
	}
	return publish(o, r, stdout, stderr)
}

func complain(stderr io.Writer, err error, code int) int {
	fmt.Fprintln(stderr, "compare:", err)
	return code
}

// execute builds, measures and sums up.
func execute(ctx context.Context, o *options, p plan, stderr io.Writer) (*report, error) {
	if err := raiseFiles(); err != nil {
		return nil, err
	}
	b := &bench{duration: o.duration, warmup: o.warmup}
	var err error
	if b.serverCPU, b.driverCPU, err = twoCPUs(); err != nil {
		return nil, err
	}
	if b.bin, err = os.MkdirTemp("", "rawloop-compare-"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(b.bin)
	module, err := moduleDir(ctx)
	if err != nil {
		return nil, err
	}
	if err := (builder{bin: b.bin, module: module}).all(ctx, p.Servers); err != nil {
		return nil, err
	}
	results, err := b.run(ctx, p, stderr)
	if err != nil {
		return nil, err
	}
	return b.report(p.Rounds, results), nil
}

// publish prints the run and returns the exit code.
func publish(o *options, r *report, stdout, stderr io.Writer) int {
	if o.json != "" {
		if err := r.writeJSON(o.json, stdout); err != nil {
			return complain(stderr, err, exitError)
		}
	}
	if o.json != "-" {
		r.table(stdout)
	}
	if !o.check {
		return exitOK
	}
	code := exitOK
	for _, v := range r.Checks {
		fmt.Fprintln(stderr, v)
		if !v.OK {
			code = exitMissed
		}
	}
	return code
}
