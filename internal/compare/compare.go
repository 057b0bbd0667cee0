//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
)

// spread is the median and the extremes over the rounds.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

func spreadOf(v []float64) spread {
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	return spread{Median: (s[(n-1)/2] + s[n/2]) / 2, Min: s[0], Max: s[n-1]}
}

// figures are the quantities that are compared.
type figures struct {
	Rate spread `json:"messages_per_second"`
	CPU  spread `json:"cpu_ns_per_message"`
	P50  spread `json:"p50_ns"`
	P99  spread `json:"p99_ns"`
}

// get returns the figure that a target names.
func (f figures) get(name string) spread {
	switch name {
	case figRate:
		return f.Rate
	case figCPU:
		return f.CPU
	case figP50:
		return f.P50
	default:
		return f.P99
	}
}

// serverResult is one server in one workload.
type serverResult struct {
	Name   string   `json:"name"`
	Rounds []sample `json:"rounds"`
	// Figures are over the rounds.
	Figures figures `json:"figures"`
	// Ratios are this server's figures divided by another's, round by round.
	Ratios map[string]figures `json:"ratios"`
}

// workloadResult is one workload over all servers.
type workloadResult struct {
	workload
	Title   string          `json:"title"`
	Servers []*serverResult `json:"servers"`
}

func (r *workloadResult) server(name string) *serverResult {
	i := slices.IndexFunc(r.Servers, func(s *serverResult) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return r.Servers[i]
}

// over collects fn over pairs of rounds and returns the spread of each figure.
func over(rounds []sample, fn func(i int, figure func(sample) float64) float64) figures {
	each := func(figure func(sample) float64) spread {
		v := make([]float64, len(rounds))
		for i := range rounds {
			v[i] = fn(i, figure)
		}
		return spreadOf(v)
	}
	return figures{
		Rate: each(func(s sample) float64 { return s.Rate }),
		CPU:  each(func(s sample) float64 { return s.CPU }),
		P50:  each(func(s sample) float64 { return s.P50 }),
		P99:  each(func(s sample) float64 { return s.P99 }),
	}
}

// summarise fills in Figures and Ratios. A ratio is taken within a round, where
// both servers saw the same machine, and the median is taken of those.
func (r *workloadResult) summarise(baselines []string) {
	for _, s := range r.Servers {
		s.Figures = over(s.Rounds, func(i int, figure func(sample) float64) float64 {
			return figure(s.Rounds[i])
		})
		s.Ratios = map[string]figures{}
		for _, name := range baselines {
			base := r.server(name)
			if base == nil || base == s {
				continue
			}
			s.Ratios[name] = over(s.Rounds, func(i int, figure func(sample) float64) float64 {
				return ratio(figure(s.Rounds[i]), figure(base.Rounds[i]))
			})
		}
	}
}

// ratio is a/b, and 0 where b is 0: a server so idle that the clock of
// /proc/PID/stat saw nothing has no CPU figure to divide by.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// plan is what one run measures.
type plan struct {
	Workloads []workload
	Servers   []server
	Baselines []string
	Rounds    int
}

// order returns in which order a round visits n servers: each round starts one
// server later, so that none is always the first or the last.
func order(round, n int) []int {
	out := make([]int, n)
	for k := range out {
		out[k] = (round + k) % n
	}
	return out
}

// run measures p, interleaved: every round visits every server once.
func (b *bench) run(ctx context.Context, p plan, progress io.Writer) ([]*workloadResult, error) {
	var results []*workloadResult
	for _, w := range p.Workloads {
		r := &workloadResult{workload: w, Title: w.String()}
		for _, s := range p.Servers {
			r.Servers = append(r.Servers, &serverResult{Name: s.Name, Rounds: make([]sample, p.Rounds)})
		}
		for round := range p.Rounds {
			for _, i := range order(round, len(p.Servers)) {
				s, err := b.measure(ctx, p.Servers[i], w)
				if err != nil {
					return nil, fmt.Errorf("%s, round %d, %s: %w", w.Name, round+1, p.Servers[i].Name, err)
				}
				r.Servers[i].Rounds[round] = s
				fmt.Fprintf(progress, "%s  round %d/%d  %-24s %9.0f msgs/s  %6.2f µs CPU a message\n",
					w.Name, round+1, p.Rounds, p.Servers[i].Name, s.Rate, s.CPU/1e3)
			}
		}
		r.summarise(p.Baselines)
		results = append(results, r)
	}
	return results, nil
}
