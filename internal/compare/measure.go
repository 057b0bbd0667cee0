//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// driverSchema is the schema of the driver's JSON.
const driverSchema = "rawloop-compare-driver/1"

// slack is what a measurement may take beyond warm-up and window: connecting,
// draining, and a machine that is busy with other things.
const slack = 60 * time.Second

// driven is what the driver prints.
type driven struct {
	Schema      string  `json:"schema"`
	Messages    int64   `json:"messages"`
	Seconds     float64 `json:"seconds"`
	P50         int64   `json:"p50_ns"`
	P90         int64   `json:"p90_ns"`
	P99         int64   `json:"p99_ns"`
	P999        int64   `json:"p999_ns"`
	Max         int64   `json:"max_ns"`
	DriverCPUNS int64   `json:"driver_cpu_ns"`
	Errors      int64   `json:"errors"`
}

// sample is one server in one round of one workload.
type sample struct {
	Rate       float64 `json:"messages_per_second"`
	CPU        float64 `json:"cpu_ns_per_message"`
	P50        float64 `json:"p50_ns"`
	P90        float64 `json:"p90_ns"`
	P99        float64 `json:"p99_ns"`
	P999       float64 `json:"p999_ns"`
	ServerBusy float64 `json:"server_busy"` // CPU time of the server per second
	DriverBusy float64 `json:"driver_busy"` // CPU time of the driver per second
	Messages   int64   `json:"messages"`
	Seconds    float64 `json:"seconds"`
}

// bench holds what is the same for every measurement of a run.
type bench struct {
	bin                  string
	duration, warmup     time.Duration
	serverCPU, driverCPU int
	cpuSource            string // set by the first measurement
}

// measure starts s, drives w against it once, and ends it. A fresh process
// each time: no round inherits heap, ports or connections of the one before.
func (b *bench) measure(ctx context.Context, s server, w workload) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, b.warmup+b.duration+slack)
	defer cancel()
	srv, err := serve(ctx, b.serverCPU, s.Argv(b.bin, w), s.Env)
	if err != nil {
		return sample{}, err
	}
	defer srv.stop()
	var edges []edge
	got, err := b.drive(ctx, w, srv.addr, func() error {
		at, source, err := readEdge(srv.cmd.Process.Pid)
		b.cpuSource = source
		edges = append(edges, at)
		return err
	})
	if err != nil {
		return sample{}, err
	}
	if len(edges) != 2 {
		return sample{}, fmt.Errorf("driver reported %d edges of the window, want 2", len(edges))
	}
	return newSample(got, edges[0], edges[1])
}

// edge is the server's CPU time at one edge of the window.
type edge struct {
	at  time.Time
	cpu time.Duration
}

func readEdge(pid int) (edge, string, error) {
	cpu, source, err := cpuTime(pid)
	return edge{time.Now(), cpu}, source, err
}

// newSample puts the driver's figures and the server's CPU time together. The
// CPU time was read a little after each edge, so it is taken as a rate over
// the time between the two readings.
func newSample(d driven, from, to edge) (sample, error) {
	if d.Messages == 0 || d.Seconds <= 0 {
		return sample{}, errors.New("no message returned within the window")
	}
	busy := float64(to.cpu-from.cpu) / float64(to.at.Sub(from.at))
	return sample{
		Rate:       float64(d.Messages) / d.Seconds,
		CPU:        busy * d.Seconds * 1e9 / float64(d.Messages),
		P50:        float64(d.P50),
		P90:        float64(d.P90),
		P99:        float64(d.P99),
		P999:       float64(d.P999),
		ServerBusy: busy,
		DriverBusy: float64(d.DriverCPUNS) / (d.Seconds * 1e9),
		Messages:   d.Messages,
		Seconds:    d.Seconds,
	}, nil
}

// drive runs the driver once and calls onEdge when the measured window opens
// and when it closes.
func (b *bench) drive(ctx context.Context, w workload, addr string, onEdge func() error) (driven, error) {
	seconds := func(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }
	cmd := exec.CommandContext(ctx, filepath.Join(b.bin, driverName),
		"-c", strconv.Itoa(w.Connections), "-s", strconv.Itoa(w.Size), "-p", strconv.Itoa(w.Pipeline),
		"-d", seconds(b.duration), "-w", seconds(b.warmup), addr)
	var stdout, said bytes.Buffer
	cmd.Stdout = &stdout
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return driven{}, err
	}
	if err := startOn(b.driverCPU, cmd); err != nil {
		return driven{}, err
	}
	edgeErr := watchEdges(stderr, &said, onEdge)
	if err := cmd.Wait(); err != nil {
		return driven{}, fmt.Errorf("driver: %w: %s", err, said.String())
	}
	if edgeErr != nil {
		return driven{}, fmt.Errorf("read the server's CPU time: %w", edgeErr)
	}
	var d driven
	if err := json.Unmarshal(stdout.Bytes(), &d); err != nil {
		return driven{}, fmt.Errorf("driver's JSON: %w", err)
	}
	if d.Schema != driverSchema {
		return driven{}, fmt.Errorf("driver's schema is %q, want %q", d.Schema, driverSchema)
	}
	if d.Errors > 0 {
		err = fmt.Errorf("%d connections failed: %s", d.Errors, said.String())
	}
	return d, err
}

// watchEdges reads the driver's stderr to its end.
func watchEdges(r io.Reader, said *bytes.Buffer, onEdge func() error) error {
	var first error
	sc := bufio.NewScanner(r)
	for sc.Scan() {
		switch line := sc.Text(); line {
		case "window start", "window end":
			if err := onEdge(); first == nil {
				first = err
			}
		default:
			fmt.Fprintln(said, line)
		}
	}
	return first
}
