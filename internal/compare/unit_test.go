//go:build linux

package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want spread
	}{
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{4, 1, 2}, spread{2, 1, 4}},
		{[]float64{4, 1, 2, 3}, spread{2.5, 1, 4}},
	} {
		if got := spreadOf(c.in); got != c.want {
			t.Errorf("spreadOf(%v) = %v, want %v", c.in, got, c.want)
		}
	}
}

func TestRoundsRotate(t *testing.T) {
	for round, want := range [][]int{{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0, 1, 2}} {
		if got := order(round, 3); !slices.Equal(got, want) {
			t.Errorf("round %d visits %v, want %v", round, got, want)
		}
	}
}

// result makes a workload of servers with one figure for all rounds.
func result(name string, rounds map[string][]sample) *workloadResult {
	r := &workloadResult{workload: workload{Name: name, Connections: 100}}
	for _, s := range []string{nameC, nameNet, nameRawloop} {
		r.Servers = append(r.Servers, &serverResult{Name: s, Rounds: rounds[s]})
	}
	r.summarise([]string{nameC, nameNet})
	return r
}

// The ratio is the median of the rounds' ratios, not the ratio of the medians.
func TestRatiosAreTakenWithinRounds(t *testing.T) {
	r := result("64x100", map[string][]sample{
		nameC:       {{Rate: 100}, {Rate: 10}, {Rate: 1000}},
		nameNet:     {{Rate: 50}, {Rate: 5}, {Rate: 500}},
		nameRawloop: {{Rate: 90}, {Rate: 10}, {Rate: 800}},
	})
	got := r.server(nameRawloop).Ratios
	if want := (spread{0.9, 0.8, 1}); got[nameC].Rate != want {
		t.Errorf("against C: %v, want %v", got[nameC].Rate, want)
	}
	if want := (spread{1.8, 1.6, 2}); got[nameNet].Rate != want {
		t.Errorf("against net: %v, want %v", got[nameNet].Rate, want)
	}
}

// Only what misses is named, with the server it was compared with.
func TestJudgeNamesWhatIsMissed(t *testing.T) {
	plain := sample{Rate: 100, CPU: 100, P50: 100, P99: 100, ServerBusy: 1, DriverBusy: 0.9}
	slow := sample{Rate: 90, CPU: 100, P50: 100, P99: 120, ServerBusy: 1, DriverBusy: 0.9}
	r := result("64x100", map[string][]sample{nameC: {plain}, nameNet: {slow}, nameRawloop: {slow}})
	var missed []string
	for _, v := range judge([]*workloadResult{r}) {
		if !v.OK {
			missed = append(missed, v.Figure+" "+v.Against)
		}
	}
	want := "msgs/s cloop,msgs/s net,CPU a message net,p99 cloop"
	if got := strings.Join(missed, ","); got != want {
		t.Errorf("missed %s, want %s", got, want)
	}
}

// Where the driver has no CPU left and the server has, CPU a message decides.
func TestDriverBoundRateIsJudgedByCPU(t *testing.T) {
	base := sample{Rate: 100, CPU: 100, ServerBusy: 0.8, DriverBusy: 1}
	for _, c := range []struct {
		s         sample
		byCPU, ok bool
	}{
		{sample{Rate: 95, CPU: 102, ServerBusy: 0.8, DriverBusy: 1}, true, true},
		{sample{Rate: 95, CPU: 104, ServerBusy: 0.8, DriverBusy: 1}, true, false},
		{sample{Rate: 95, CPU: 102, ServerBusy: 1, DriverBusy: 1}, false, false},
		{sample{Rate: 98, CPU: 120, ServerBusy: 0.8, DriverBusy: 1}, false, true},
	} {
		r := result("64x1000", map[string][]sample{nameC: {base}, nameNet: {base}, nameRawloop: {c.s}})
		v := judge([]*workloadResult{r})[0]
		if v.ByCPU != c.byCPU || v.OK != c.ok {
			t.Errorf("%+v: %v (by CPU %t)", c.s, v, v.ByCPU)
		}
	}
}

func TestCheckExitCode(t *testing.T) {
	ok := verdict{Workload: "64x100", Figure: figRate, Against: nameC, Want: 0.97, Got: 1, OK: true}
	miss := verdict{Workload: "latency", Figure: figP50, Against: nameC, Want: 0.4, Got: 0.7}
	for _, c := range []struct {
		check  bool
		checks []verdict
		code   int
		says   string
	}{
		{true, []verdict{ok}, exitOK, "ok      64x100"},
		{true, []verdict{ok, miss}, exitMissed, "MISSED  latency    p50 against cloop: 0.700, wanted ≤ 0.400"},
		{false, []verdict{miss}, exitOK, ""},
	} {
		var stdout, stderr bytes.Buffer
		code := publish(&options{check: c.check}, &report{Checks: c.checks}, &stdout, &stderr)
		if code != c.code || !strings.Contains(stderr.String(), c.says) {
			t.Errorf("exit %d, %q; want %d, %q", code, stderr.String(), c.code, c.says)
		}
	}
}

func TestEveryTargetIsKnown(t *testing.T) {
	for _, x := range targets {
		if _, err := pickWorkloads(x.Workload); err != nil {
			t.Error(err)
		}
		if !has(builtin(""), x.Against) {
			t.Errorf("target against %q", x.Against)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Setenv("PEER", "")
	for _, args := range [][]string{
		{"--only", "nothing"},
		{"--servers", "nothing"},
		{"--peer", "nocommand"},
		{"--peer", "cloop=true"},
		{"--rounds", "0"},
		{"--check", "--servers", "cloop,net"},
		{"extra"},
		{"trial", "--check"},
	} {
		var stdout, stderr bytes.Buffer
		if code := compare(t.Context(), args, &stdout, &stderr); code != exitUsage || stderr.Len() == 0 {
			t.Errorf("%v: exit %d, %q", args, code, stderr.String())
		}
	}
}

func TestPeerFromEnvironment(t *testing.T) {
	t.Setenv("PEER", "one=/bin/one -p 0\n\ntwo=/bin/two")
	p, err := (&options{rounds: 1, servers: nameC, peers: []string{"three=x=y"}}).plan()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range p.Servers[1:] {
		got = append(got, s.Name+":"+strings.Join(s.Argv("", workload{}), " "))
	}
	want := "one:/bin/sh -c exec /bin/one -p 0|two:/bin/sh -c exec /bin/two|three:/bin/sh -c exec x=y"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("got %s, want %s", s, want)
	}
}

func TestBusyPollReachesRawloop(t *testing.T) {
	for _, c := range []struct {
		flag string
		w    workload
		want string
	}{
		{"", workload{}, "b/rawloop echo tcp://127.0.0.1:0 --loops 1"},
		{"0", workload{}, "b/rawloop echo tcp://127.0.0.1:0 --loops 1 --busy-poll 0"},
		{"0", workload{BusyPoll: true}, "b/rawloop echo tcp://127.0.0.1:0 --loops 1 --busy-poll 50us"},
	} {
		servers, err := pickServers(builtin(c.flag), nameRawloop)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(servers[0].Argv("b", c.w), " "); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestMissingCompiler(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("PEER", "")
	for env, want := range map[string]int{"": exitOK, "1": exitError} {
		t.Setenv("REQUIRE_TOOLS", env)
		var stdout, stderr bytes.Buffer
		code := compare(t.Context(), nil, &stdout, &stderr)
		if code != want || !strings.Contains(stderr.String(), "no C compiler") {
			t.Errorf("REQUIRE_TOOLS=%q: exit %d, %q", env, code, stderr.String())
		}
	}
}

func TestMatrix(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range everything() {
		seen[v.name()] = true
	}
	if len(seen) != 32 {
		t.Errorf("%d variants, want 32", len(seen))
	}
	for _, v := range oneAtATime() {
		if v.spin == 0 && !seen[v.name()] {
			t.Errorf("%s is not in the full matrix", v.name())
		}
	}
}

// Both sources of CPU time see this process work.
func TestCPUTime(t *testing.T) {
	pid := os.Getpid()
	deadline := time.Now().Add(10 * time.Second)
	for x := 1; ; x++ {
		a, _, err := cpuTime(pid)
		if err != nil {
			t.Fatal(err)
		}
		b, err := statTime(pid)
		if err != nil {
			t.Fatal(err)
		}
		if a >= 30*time.Millisecond && b >= 30*time.Millisecond {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %d readings: schedstat %v, stat %v", x, a, b)
		}
	}
}
