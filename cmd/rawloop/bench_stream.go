package main

import (
	"io"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// benchInterval is a line of bench --json-stream. Fields are added, never renamed, under one schema.
type benchInterval struct {
	Schema   string  `json:"schema"`
	Start    float64 `json:"start"`   // seconds since the measurement began
	Seconds  float64 `json:"seconds"` // its length
	Messages int64   `json:"messages"`
	Bytes    int64   `json:"bytes"` // in each direction
	Latency  struct {
		P50 int64 `json:"p50"`
		P99 int64 `json:"p99"`
	} `json:"latency_ns"`
	Errors int64 `json:"errors"`

	hist *hdrhistogram.Histogram
}

const (
	intervalSchema = "rawloop.bench.interval/1"
	intervalLength = time.Second
)

// benchStream puts together what the clients report of each interval, and prints it when the last of them has.
type benchStream struct {
	mu    sync.Mutex
	w     io.Writer
	err   error // of the first line that could not be written; no other is tried
	size  int
	open  []*benchInterval // not printed yet; the first one is number done
	done  int
	reach []int // the interval that each client is in
	total *hdrhistogram.Histogram
}

func newBenchStream(w io.Writer, clients, size int) *benchStream {
	return &benchStream{w: w, size: size, reach: make([]int, clients), total: hdrhistogram.New(1, maxLatency, 3)}
}

// add takes what a client did in interval n, of which it has seen so much; last says that there will be no other.
func (s *benchStream) add(client, n int, length time.Duration, part result, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.done+len(s.open) <= n {
		s.open = append(s.open, &benchInterval{
			Schema: intervalSchema,
			Start:  (time.Duration(s.done+len(s.open)) * intervalLength).Seconds(),
			hist:   hdrhistogram.New(1, maxLatency, 3),
		})
	}
	i := s.open[n-s.done]
	i.Seconds = max(i.Seconds, length.Seconds())
	i.Messages += part.messages
	i.Errors += part.errors
	i.hist.Merge(part.hist)
	s.total.Merge(part.hist)
	s.reach[client] = n + 1
	if last {
		s.reach[client] = math.MaxInt
	}
	for len(s.open) > 0 && s.done < slices.Min(s.reach) {
		s.print(s.open[0])
		s.open = s.open[1:]
		s.done++
	}
}

func (s *benchStream) print(i *benchInterval) {
	i.Bytes = i.Messages * int64(s.size)
	if i.hist.TotalCount() > 0 {
		i.Latency.P50, i.Latency.P99 = i.hist.ValueAtQuantile(50), i.hist.ValueAtQuantile(99)
	}
	if s.err == nil {
		s.err = printLine(s.w, i)
	}
}

// tick reports the intervals that have passed at now and returns the end of the current one, or deadline if that comes first.
func (cl *client) tick(now, warm, deadline time.Time) time.Time {
	for {
		next := warm.Add(time.Duration(cl.interval+1) * intervalLength)
		if now.Before(next) {
			if next.Before(deadline) {
				return next
			}
			return deadline
		}
		cl.publish(intervalLength*time.Duration(cl.interval+1), false)
	}
}

// publish hands the stream what the current interval has brought up to a time since the measurement began.
func (cl *client) publish(upTo time.Duration, last bool) {
	part := result{
		hist:     cl.res.hist,
		messages: cl.res.messages - cl.reported.messages,
		errors:   cl.res.errors - cl.reported.errors,
	}
	cl.stream.add(cl.number, cl.interval, upTo-time.Duration(cl.interval)*intervalLength, part, last)
	cl.reported = cl.res
	cl.res.hist.Reset()
	cl.interval++
}
