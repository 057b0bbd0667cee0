//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// built returns a bench whose programs exist, made once for all tests. Without
// a C compiler the test skips, and fails where tools are required.
func built(t *testing.T) *bench {
	t.Helper()
	if _, err := compiler(); err != nil {
		if os.Getenv("REQUIRE_TOOLS") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	b, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var (
	binDir    string
	buildOnce = sync.OnceValues(func() (*bench, error) {
		b := &bench{bin: binDir, duration: 200 * time.Millisecond, warmup: 50 * time.Millisecond}
		var err error
		if b.serverCPU, b.driverCPU, err = twoCPUs(); err != nil {
			return nil, err
		}
		module, err := filepath.Abs(".")
		if err != nil {
			return nil, err
		}
		servers := append(builtin(""), variant{procs: 1}.server())
		return b, builder{bin: binDir, module: module}.all(bgCtx, servers)
	})
)

func TestMain(m *testing.M) {
	var err error
	if binDir, err = os.MkdirTemp("", "rawloop-compare-test-"); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := os.RemoveAll(binDir); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// smallWorkloads has every shape of the table: plain, pipelined, large, busy poll.
var smallWorkloads = []workload{
	{Name: "64x100", Connections: 20, Size: 64, Pipeline: 1},
	{Name: "64x100p16", Connections: 20, Size: 64, Pipeline: 16},
	{Name: "16kx50", Connections: 20, Size: 16 << 10, Pipeline: 1},
	{Name: "latency", Connections: 1, Size: 64, Pipeline: 1, BusyPoll: true},
}

func TestEveryServerRuns(t *testing.T) {
	b := built(t)
	more, err := peers([]string{"another = " + filepath.Join(b.bin, nameC) + " 0"})
	if err != nil {
		t.Fatal(err)
	}
	p := plan{
		Workloads: smallWorkloads, Servers: append(builtin(""), more...),
		Baselines: []string{nameC, nameNet}, Rounds: 1,
	}
	results, err := b.run(t.Context(), p, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	r := b.report(p.Rounds, results)
	for _, wl := range r.Workloads {
		for _, s := range wl.Servers {
			wantSane(t, wl.Name+" "+s.Name, s.Rounds[0])
		}
	}
	wantJSON(t, r)
	// Of the 16 targets, the two workloads left out have four.
	if got := len(r.Checks); got != 12 {
		t.Errorf("%d targets judged, want 12", got)
	}
	var table bytes.Buffer
	r.table(&table)
	for _, s := range p.Servers {
		if !bytes.Contains(table.Bytes(), []byte(s.Name)) {
			t.Errorf("the table does not name %s:\n%s", s.Name, table.String())
		}
	}
}

// wantSane checks what holds however slow the machine is.
func wantSane(t *testing.T, what string, s sample) {
	t.Helper()
	if s.Messages < 1 || s.Rate <= 0 || s.CPU <= 0 {
		t.Errorf("%s: nothing measured: %+v", what, s)
	}
	if s.P50 <= 0 || s.P50 > s.P90 || s.P90 > s.P99 || s.P99 > s.P999 {
		t.Errorf("%s: percentiles out of order: %+v", what, s)
	}
	if s.Seconds < 0.2 {
		t.Errorf("%s: window of %v s, want at least 0.2", what, s.Seconds)
	}
	// One CPU each, with room for the clock's resolution.
	if s.ServerBusy > 1.2 || s.DriverBusy > 1.2 {
		t.Errorf("%s: not pinned to one CPU: %+v", what, s)
	}
}

func wantJSON(t *testing.T, r *report) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "r.json")
	if err := r.writeJSON(file, nil); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var back report
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&back); err != nil {
		t.Fatal(err)
	}
	if back.Schema != reportSchema || len(back.Workloads) != len(r.Workloads) {
		t.Errorf("JSON came back as schema %q with %d workloads", back.Schema, len(back.Workloads))
	}
	got, want := back.Workloads[0].Servers[0], r.Workloads[0].Servers[0]
	if got.Rounds[0] != want.Rounds[0] || got.Ratios[nameNet] != want.Ratios[nameNet] {
		t.Errorf("JSON came back changed: %+v, want %+v", got, want)
	}
}

func TestTrialVariantsRun(t *testing.T) {
	b := *built(t)
	b.duration, b.warmup = 50*time.Millisecond, 0
	w := workload{Name: "small", Connections: 20, Size: 16 << 10, Pipeline: 2}
	for _, v := range oneAtATime() {
		t.Run(v.name(), func(t *testing.T) {
			s, err := b.measure(t.Context(), v.server(), w)
			if err != nil {
				t.Fatal(err)
			}
			if s.Messages < 1 {
				t.Errorf("nothing returned: %+v", s)
			}
		})
	}
}
