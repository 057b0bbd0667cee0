//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"
)

// The subcommand and its programs.
const (
	nameBatch     = "batch"
	nameCBatch    = "cbatch"
	nameDatagrams = "datagrams"
)

// batchWays are what the rounds visit: cbatch, and the ways of datagrams.
var batchWays = []string{nameCBatch, "rawsock", "sleeping", "net", "segment", "gro", "net-long"}

// batchPairs are the ratios of the table. A Want of 0 is no target.
var batchPairs = []struct {
	Way, Against string
	Want         float64
}{
	{"rawsock", nameCBatch, 0.97},
	{"rawsock", "net", 1},
	{"sleeping", nameCBatch, 0},
	{"sleeping", "net", 1},
	{"segment", "net-long", 2},
	{"gro", "net-long", 10},
}

// batchSample is what a program prints.
type batchSample struct {
	Messages float64 `json:"messages"`
	Seconds  float64 `json:"seconds"`
	CPU      float64 `json:"cpu_ns"`
}

func (s batchSample) rate() float64    { return s.Messages / s.Seconds }
func (s batchSample) cpuEach() float64 { return s.CPU / s.Messages }

// batchRun are the samples of each way, a round each.
type batchRun map[string][]batchSample

// spread is over the rounds.
func (r batchRun) spread(way string, figure func(batchSample) float64) spread {
	var v []float64
	for _, s := range r[way] {
		v = append(v, figure(s))
	}
	return spreadOf(v)
}

// ratios are taken within the rounds.
func (r batchRun) ratios(way, against string, figure func(batchSample) float64) spread {
	var v []float64
	for i, s := range r[way] {
		v = append(v, ratio(figure(s), figure(r[against][i])))
	}
	return spreadOf(v)
}

func compareBatches(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("compare "+nameBatch, flag.ContinueOnError)
	fs.SetOutput(stderr)
	rounds := fs.Int("rounds", 7, "interleaved rounds")
	duration := fs.Duration("duration", 500*time.Millisecond, "measured window of one way in one round")
	check := fs.Bool("check", false, "compare with the targets and exit 3 when one is missed")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil || fs.NArg() > 0 || *rounds < 1 || *duration <= 0 {
		return complain(stderr, errors.New("want only --rounds ≥ 1, --duration > 0, --check"), exitUsage)
	}
	r, err := measureBatches(ctx, *rounds, *duration)
	if errors.Is(err, errNoCC) && os.Getenv("REQUIRE_TOOLS") != "1" {
		fmt.Fprintln(stderr, "compare: skipped:", err)
		return exitOK
	}
	if err != nil {
		return complain(stderr, err, exitError)
	}
	if missed := r.table(stdout); missed && *check {
		return exitMissed
	}
	return exitOK
}

// measureBatches builds the programs and visits every way once a round.
func measureBatches(ctx context.Context, rounds int, duration time.Duration) (batchRun, error) {
	bin, err := os.MkdirTemp("", "rawloop-compare-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(bin)
	module, err := moduleDir(ctx)
	if err != nil {
		return nil, err
	}
	cpu, _, err := twoCPUs()
	if err != nil {
		return nil, err
	}
	b := builder{bin: bin, module: module}
	if err := errors.Join(b.c(ctx, nameCBatch), b.golang(ctx, module, nameDatagrams, "./"+nameDatagrams)); err != nil {
		return nil, err
	}
	r := batchRun{}
	for round := range rounds {
		for _, i := range order(round, len(batchWays)) {
			s, err := measureBatch(ctx, bin, cpu, batchWays[i], duration)
			if err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", batchWays[i], round+1, err)
			}
			r[batchWays[i]] = append(r[batchWays[i]], s)
		}
	}
	return r, nil
}

// measureBatch runs one way in a process of its own.
func measureBatch(ctx context.Context, bin string, cpu int, way string, duration time.Duration) (s batchSample, err error) {
	ctx, cancel := context.WithTimeout(ctx, duration+slack)
	defer cancel()
	seconds := strconv.FormatFloat(duration.Seconds(), 'f', -1, 64)
	cmd := exec.CommandContext(ctx, filepath.Join(bin, nameDatagrams), way, seconds)
	if way == nameCBatch {
		cmd = exec.CommandContext(ctx, filepath.Join(bin, nameCBatch), seconds)
	}
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return s, err
	}
	if err := startOn(cpu, cmd); err != nil {
		return s, err
	}
	err = json.NewDecoder(stdout).Decode(&s)
	if err = errors.Join(cmd.Wait(), err); err == nil && s.Messages == 0 {
		err = errors.New("nothing was moved")
	}
	return s, err
}

// table prints the medians and the ratios, and reports whether a target was
// missed.
func (r batchRun) table(w io.Writer) (missed bool) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "way\tdatagrams/s\tCPU ns a datagram\t")
	for _, way := range batchWays {
		fmt.Fprintf(tw, "%s\t%.0f\t%.0f\t\n", way, r.spread(way, batchSample.rate).Median, r.spread(way, batchSample.cpuEach).Median)
	}
	fmt.Fprintln(tw, "ratio: median [min–max]\tdatagrams/s\tCPU a datagram\twanted\t")
	for _, p := range batchPairs {
		rate, cpu := r.ratios(p.Way, p.Against, batchSample.rate), r.ratios(p.Way, p.Against, batchSample.cpuEach)
		verdict := ""
		if p.Want > 0 {
			verdict = fmt.Sprintf("≥ %g ok", p.Want)
			if rate.Median < p.Want {
				verdict, missed = fmt.Sprintf("≥ %g MISSED", p.Want), true
			}
		}
		fmt.Fprintf(tw, "%s / %s\t%.3f [%.3f–%.3f]\t%.3f [%.3f–%.3f]\t%s\t\n",
			p.Way, p.Against, rate.Median, rate.Min, rate.Max, cpu.Median, cpu.Min, cpu.Max, verdict)
	}
	_ = tw.Flush()
	return missed
}
