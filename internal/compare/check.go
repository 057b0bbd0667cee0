//go:build linux

package main

import "fmt"

// The figures a target can name.
const (
	figRate = "msgs/s"
	figCPU  = "CPU a message"
	figP50  = "p50"
	figP99  = "p99"
)

// bottleneck is the share of a CPU from which a process counts as saturated.
const bottleneck = 0.95

// target is one cell of the table of figures: rawloop's figure divided by
// against's, in one workload.
type target struct {
	Workload, Figure, Against string
	// Want is a floor for msgs/s and a ceiling for every other figure.
	Want float64
}

var targets = []target{
	{"64x100", figRate, nameC, 0.97}, {"64x100", figRate, nameNet, 1.2},
	{"64x1000", figRate, nameC, 0.97}, {"64x1000", figRate, nameNet, 1.5},
	{"64x10000", figRate, nameC, 0.97}, {"64x10000", figRate, nameNet, 1.5},
	{"64x100p16", figRate, nameC, 0.97}, {"64x100p16", figRate, nameNet, 1.15},
	{"16kx50", figRate, nameC, 0.95}, {"16kx50", figRate, nameNet, 1.0},
	{"64x100", figCPU, nameC, 1.05}, {"64x100", figCPU, nameNet, 0.85},
	{"64x100", figP99, nameC, 1.1}, {"64x100", figP99, nameNet, 1.0},
	{"latency", figP50, nameC, 0.4}, {"latency", figP50, nameNet, 0.4},
}

// verdict is a target and what was measured.
type verdict struct {
	Workload string  `json:"workload"`
	Figure   string  `json:"figure"`
	Against  string  `json:"against"`
	Want     float64 `json:"want"`
	Got      float64 `json:"got"`
	// ByCPU says that the driver was the bottleneck, so that a rate was judged
	// by CPU a message, which may be at most 1/Want.
	ByCPU bool `json:"by_cpu"`
	OK    bool `json:"ok"`
}

func (v verdict) String() string {
	sign, want, figure := "≤", v.Want, v.Figure
	switch {
	case v.ByCPU:
		want, figure = 1/want, figCPU+" (driver saturated)"
	case v.Figure == figRate:
		sign = "≥"
	}
	word := "ok    "
	if !v.OK {
		word = "MISSED"
	}
	return fmt.Sprintf("%s  %-10s %s against %s: %.3f, wanted %s %.3f",
		word, v.Workload, figure, v.Against, v.Got, sign, want)
}

// judge compares every target whose workload and servers were measured.
func judge(results []*workloadResult) []verdict {
	out := []verdict{} // [] and not null in JSON
	for _, t := range targets {
		for _, r := range results {
			s := r.server(nameRawloop)
			if r.Name != t.Workload || s == nil {
				continue
			}
			if f, ok := s.Ratios[t.Against]; ok {
				out = append(out, t.judge(s, f))
			}
		}
	}
	return out
}

func (t target) judge(s *serverResult, f figures) verdict {
	v := verdict{Workload: t.Workload, Figure: t.Figure, Against: t.Against, Want: t.Want}
	v.Got = f.get(t.Figure).Median
	if t.Figure != figRate {
		v.OK = v.Got > 0 && v.Got <= t.Want
		return v
	}
	v.OK = v.Got >= t.Want
	if !v.OK && driverBound(s.Rounds) {
		v.ByCPU = true
		v.Got = f.CPU.Median
		v.OK = v.Got > 0 && v.Got <= 1/t.Want
	}
	return v
}

// driverBound reports whether the driver had no CPU left while the server had.
func driverBound(rounds []sample) bool {
	server, driver := busy(rounds)
	return driver >= bottleneck && server < bottleneck
}

// busy returns the medians of the shares of a CPU that server and driver used.
func busy(rounds []sample) (server, driver float64) {
	var s, d []float64
	for _, r := range rounds {
		s = append(s, r.ServerBusy)
		d = append(d, r.DriverBusy)
	}
	return spreadOf(s).Median, spreadOf(d).Median
}
