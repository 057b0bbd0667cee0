//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"
)

const reportSchema = "rawloop-compare/1"

// disturbedBelow is the share of a CPU that the busier of server and driver
// always reaches when nothing else runs.
const disturbedBelow = 0.85

// report is the whole run as JSON.
type report struct {
	Schema    string            `json:"schema"`
	Time      time.Time         `json:"time"`
	Go        string            `json:"go"`
	Kernel    string            `json:"kernel"`
	Arch      string            `json:"arch"`
	CPUModel  string            `json:"cpu_model"`
	ServerCPU int               `json:"server_cpu"`
	DriverCPU int               `json:"driver_cpu"`
	CPUSource string            `json:"cpu_source"`
	Rounds    int               `json:"rounds"`
	Duration  float64           `json:"duration_seconds"`
	Warmup    float64           `json:"warmup_seconds"`
	Workloads []*workloadResult `json:"workloads"`
	Checks    []verdict         `json:"checks"`
}

func (b *bench) report(rounds int, results []*workloadResult) *report {
	return &report{
		Schema: reportSchema, Time: time.Now().UTC().Truncate(time.Second),
		Go: runtime.Version(), Kernel: kernel(), Arch: runtime.GOARCH, CPUModel: cpuModel(),
		ServerCPU: b.serverCPU, DriverCPU: b.driverCPU, CPUSource: b.cpuSource,
		Rounds: rounds, Duration: b.duration.Seconds(), Warmup: b.warmup.Seconds(),
		Workloads: results, Checks: judge(results),
	}
}

func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// cpuModel returns the first "model name" of /proc/cpuinfo; some
// architectures have none.
func cpuModel() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// table prints every workload: the medians, then the ratios.
func (r *report) table(w io.Writer) {
	fmt.Fprintf(w, "%s, Linux %s, %s; server on CPU %d, driver on CPU %d; %d rounds of %gs after %gs; CPU time from %s\n",
		r.Go, r.Kernel, r.CPUModel, r.ServerCPU, r.DriverCPU, r.Rounds, r.Duration, r.Warmup, r.CPUSource)
	for _, wl := range r.Workloads {
		fmt.Fprintf(w, "\n%s: %s\n", wl.Name, wl.Title)
		wl.medians(w)
		if wl.disturbed() {
			fmt.Fprintln(w, "disturbed: other processes had the CPUs for part of the time; measure again on an idle machine")
		}
		wl.ratios(w)
	}
}

// disturbed reports whether in some round neither side of a closed loop with
// many connections was busy, which can only be because others were.
func (r *workloadResult) disturbed() bool {
	for _, s := range r.Servers {
		for _, round := range s.Rounds {
			if r.Connections > 1 && max(round.ServerBusy, round.DriverBusy) < disturbedBelow {
				return true
			}
		}
	}
	return false
}

func (r *workloadResult) medians(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "server\tmsgs/s\tCPU µs a message\tp50 µs\tp99 µs\tserver busy\tdriver busy\t")
	for _, s := range r.Servers {
		server, driver := busy(s.Rounds)
		fmt.Fprintf(tw, "%s\t%.0f\t%.3f\t%.1f\t%.1f\t%.0f %%\t%.0f %%\t\n", s.Name,
			s.Figures.Rate.Median, s.Figures.CPU.Median/1e3, s.Figures.P50.Median/1e3,
			s.Figures.P99.Median/1e3, server*100, driver*100)
	}
	_ = tw.Flush()
}

func (r *workloadResult) ratios(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "ratio: median [min–max]\tmsgs/s\tCPU a message\tp50\tp99\t")
	cell := func(s spread) string { return fmt.Sprintf("%.3f [%.3f–%.3f]", s.Median, s.Min, s.Max) }
	rows := 0
	for _, s := range r.Servers {
		if s.Name == nameC {
			continue // the fixed point; its inverse ratios are in the JSON
		}
		for _, base := range r.Servers {
			f, ok := s.Ratios[base.Name]
			if !ok {
				continue
			}
			rows++
			fmt.Fprintf(tw, "%s / %s\t%s\t%s\t%s\t%s\t\n", s.Name, base.Name,
				cell(f.Rate), cell(f.CPU), cell(f.P50), cell(f.P99))
		}
	}
	if rows > 0 {
		_ = tw.Flush()
	}
}

// writeJSON writes r to file; "-" is standard output.
func (r *report) writeJSON(file string, stdout io.Writer) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	b = append(b, '\n')
	if file == "-" {
		_, err = stdout.Write(b)
		return err
	}
	return os.WriteFile(file, b, 0o644)
}
