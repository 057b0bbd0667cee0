//go:build linux

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// nameTrial is the subcommand and the program of the trial.
const nameTrial = "trial"

// spinTrial is how long the spinning variant polls before it sleeps.
const spinTrial = 50 * time.Microsecond

// variant is one way to build a bare Go loop.
type variant struct {
	sys, level, runtime, lock bool
	procs                     int
	spin                      time.Duration
}

func (v variant) name() string {
	pick := func(b bool, yes, no string) string {
		if b {
			return yes
		}
		return no
	}
	parts := []string{
		pick(v.sys, "sys", "raw"),
		pick(v.level, "level", "edge"),
		pick(v.runtime, "runtime", "block"),
		pick(v.lock, "lock", "free"),
		fmt.Sprintf("%dP", v.procs),
	}
	if v.spin > 0 {
		parts = append(parts, "spin")
	}
	return strings.Join(parts, "-")
}

func (v variant) server() server {
	park := "syscall"
	if v.runtime {
		park = "runtime"
	}
	return server{
		Name:  v.name(),
		Build: nameTrial,
		Env:   []string{fmt.Sprintf("GOMAXPROCS=%d", v.procs)},
		Argv: func(bin string, _ workload) []string {
			return []string{
				filepath.Join(bin, nameTrial),
				fmt.Sprintf("--raw=%t", !v.sys), fmt.Sprintf("--edge=%t", !v.level),
				"--park=" + park, fmt.Sprintf("--lock=%t", v.lock), "--spin=" + v.spin.String(),
			}
		},
	}
}

// oneAtATime starts at the design's choice and changes one thing, and the two
// pairs whose parts are known to act on each other.
func oneAtATime() []variant {
	return []variant{
		{procs: 1},
		{procs: 1, sys: true},
		{procs: 1, level: true},
		{procs: 1, runtime: true},
		{procs: 1, lock: true},
		{procs: 2},
		{procs: 2, runtime: true},
		{procs: 1, runtime: true, lock: true},
		{procs: 1, spin: spinTrial},
	}
}

// everything is the full matrix, without spinning.
func everything() []variant {
	var out []variant
	both := []bool{false, true}
	for _, procs := range []int{1, 2} {
		for _, sys := range both {
			for _, level := range both {
				for _, rt := range both {
					for _, lock := range both {
						out = append(out, variant{sys: sys, level: level, runtime: rt, lock: lock, procs: procs})
					}
				}
			}
		}
	}
	return out
}

// trialPlan measures bare Go loops against the C loop and against the first
// variant.
func trialPlan(o *options) (plan, error) {
	only := o.only
	if only == "" {
		only = "64x100,64x1000,latency"
	}
	ws, err := pickWorkloads(only)
	if err != nil {
		return plan{}, err
	}
	variants := oneAtATime()
	if o.full {
		variants = everything()
	}
	servers, err := pickServers(builtin(""), nameC)
	if err != nil {
		return plan{}, err
	}
	for _, v := range variants {
		servers = append(servers, v.server())
	}
	return plan{
		Workloads: ws, Servers: servers, Rounds: o.rounds,
		Baselines: []string{nameC, variants[0].name()},
	}, nil
}
