package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// benchReport is what bench --json prints. Fields are added, never renamed, under one schema.
type benchReport struct {
	Schema      string       `json:"schema"`
	Target      string       `json:"target"`
	Engine      string       `json:"engine,omitempty"` // of --self
	Connections int          `json:"connections"`
	Size        int          `json:"size"`
	Pipeline    int          `json:"pipeline"`
	Threads     int          `json:"threads"`
	Seconds     float64      `json:"seconds"`
	Messages    int64        `json:"messages"`
	PerSecond   float64      `json:"messages_per_second"`
	BytesPerSec float64      `json:"bytes_per_second"` // in each direction
	Latency     latencies    `json:"latency_ns"`
	Bytes       damage       `json:"bytes"`
	Errors      int64        `json:"errors"`
	FirstError  string       `json:"first_error,omitempty"`
	Server      *serverStats `json:"server,omitempty"` // of --self

	signal os.Signal // what cut the run short
}

// latencies are nanoseconds from handing a message to the kernel to its last byte's return.
type latencies struct {
	Min   int64   `json:"min"`
	Mean  float64 `json:"mean"`
	P50   int64   `json:"p50"`
	P90   int64   `json:"p90"`
	P99   int64   `json:"p99"`
	P999  int64   `json:"p99_9"`
	P9999 int64   `json:"p99_99"`
	Max   int64   `json:"max"`
}

const benchSchema = "rawloop.bench/1"

func newBenchReport(t target, f benchFlags) *benchReport {
	return &benchReport{Schema: benchSchema, Target: t.label, Connections: t.conns, Size: t.size, Pipeline: t.pipeline, Threads: f.threads}
}

// fill adds up what the clients measured.
func (r *benchReport) fill(clients []*client, s *benchStream, took time.Duration) {
	h := hdrhistogram.New(1, maxLatency, 3)
	if s != nil {
		h.Merge(s.total)
	}
	for _, cl := range clients {
		h.Merge(cl.res.hist)
		r.Messages += cl.res.messages
		r.Errors += cl.res.errors
		r.Bytes.add(cl.res.damage)
		if r.FirstError == "" && cl.res.firstErr != nil {
			r.FirstError = cl.res.firstErr.Error()
		}
	}
	r.Seconds = took.Seconds()
	if took > 0 {
		r.PerSecond = float64(r.Messages) / r.Seconds
		r.BytesPerSec = r.PerSecond * float64(r.Size)
	}
	if h.TotalCount() > 0 {
		r.Latency = latencies{
			Min: h.Min(), Mean: h.Mean(), Max: h.Max(),
			P50: h.ValueAtQuantile(50), P90: h.ValueAtQuantile(90), P99: h.ValueAtQuantile(99),
			P999: h.ValueAtQuantile(99.9), P9999: h.ValueAtQuantile(99.99),
		}
	}
}

// print writes the table, or the object.
func (r *benchReport) print(w io.Writer, f benchFlags) error {
	switch {
	case f.stream:
		return printLine(w, r)
	case f.json:
		return printJSON(w, r)
	case f.say.quiet:
		return nil
	}
	server := ""
	if r.Engine != "" {
		server = ", engine " + r.Engine + " in this process"
	}
	l := r.Latency
	_, err := fmt.Fprintf(w, `%s%s
%d connections, messages of %d bytes, %d in flight on each, %.2f s

messages %12d   %.0f a second   %.1f MB/s each way
latency           p50        p90        p99      p99.9     p99.99        max
         %12s %10s %10s %10s %10s %10s
bytes    %12d lost   %d wrong   %d duplicated
errors   %12d   %s
`, r.Target, server, r.Connections, r.Size, r.Pipeline, r.Seconds,
		r.Messages, r.PerSecond, r.BytesPerSec/1e6,
		short(l.P50), short(l.P90), short(l.P99), short(l.P999), short(l.P9999), short(l.Max),
		r.Bytes.Lost, r.Bytes.Wrong, r.Bytes.Duplicated, r.Errors, r.FirstError)
	return err
}

// short writes nanoseconds with three digits or so.
func short(ns int64) string {
	switch {
	case ns < 1000:
		return fmt.Sprintf("%d ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.1f us", float64(ns)/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.2f ms", float64(ns)/1e6)
	}
	return fmt.Sprintf("%.2f s", float64(ns)/1e9)
}

// verdict is the exit: damaged bytes weigh more than a signal, a signal more than failed connections.
func (r *benchReport) verdict() error {
	switch {
	case r.Bytes.total() > 0:
		return &exitError{exitLost, fmt.Errorf("%s: %d bytes lost, %d wrong, %d duplicated",
			r.Target, r.Bytes.Lost, r.Bytes.Wrong, r.Bytes.Duplicated)}
	case r.signal != nil:
		return signalExit(r.signal)
	case r.Errors > 0:
		return &failure{fmt.Errorf("%d connections failed, the first one: %s", r.Errors, r.FirstError)}
	}
	return nil
}
