package timer

import (
	"math/rand/v2"
	"testing"
)

const many = 100_000

// deadlines returns a wheel, many timers and a deadline within a minute for each.
func deadlines() (*Wheel, []counter, []int64) {
	r := rand.New(rand.NewPCG(3, 4))
	owners, when := make([]counter, many), make([]int64, many)
	for i := range owners {
		owners[i].idle.Handler = &owners[i]
		when[i] = r.Int64N(60_000 * Tick)
	}
	return new(Wheel), owners, when
}

func perTimer(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/timer")
}

func BenchmarkArmCancel(b *testing.B) {
	w, owners, when := deadlines()
	for b.Loop() {
		for i := range owners {
			w.Arm(&owners[i].idle, when[i])
		}
		for i := range owners {
			w.Cancel(&owners[i].idle)
		}
	}
	perTimer(b)
}

func BenchmarkRearm(b *testing.B) {
	w, owners, when := deadlines()
	for b.Loop() {
		for i := range owners {
			w.Arm(&owners[i].idle, when[i])
		}
	}
	perTimer(b)
}

// BenchmarkFire runs a minute of a wheel a turn of 1 ms at a time.
func BenchmarkFire(b *testing.B) {
	w, owners, when := deadlines()
	for b.Loop() {
		start := w.Now()
		for i := range owners {
			w.Arm(&owners[i].idle, start+when[i])
		}
		for w.Len() > 0 {
			w.Advance(w.Now() + Tick)
		}
	}
	perTimer(b)
}

func BenchmarkNext(b *testing.B) {
	w, owners, _ := deadlines()
	w.Arm(&owners[0].idle, 3_600_000*Tick)
	for b.Loop() {
		w.Next()
	}
}
