package sys

import (
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkTraceOff is what tracing costs while there is none: a send and a
// receive of 64 bytes through the functions with the hook, and through the bare
// system calls. hooked/bare is the median of eleven rounds of which each makes
// both, low and high are the second of the ratios from either end.
func BenchmarkTraceOff(b *testing.B) {
	var fds [2]int32
	if e := socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0, &fds); e != 0 {
		b.Fatal(e)
	}
	defer closefd(int(fds[0]))
	defer closefd(int(fds[1]))
	to, from, p := int(fds[0]), int(fds[1]), make([]byte, 64)
	hooked := func(n int) {
		for range n {
			Sendto(to, p, 0, nil)
			Recvfrom(from, p, 0, nil)
		}
	}
	bare := func(n int) {
		for range n {
			sendto(to, p, 0, nil)
			recvfrom(from, p, 0, nil)
		}
	}
	for name, f := range map[string]func(int){"hooked": hooked, "bare": bare} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f(1)
			}
		})
	}
	b.Run("ratio", func(b *testing.B) {
		for b.Loop() {
			ratios := make([]float64, 11)
			for i := range ratios {
				ratios[i] = ratio(hooked, bare)
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[5], "hooked/bare")
			b.ReportMetric(ratios[1], "low")
			b.ReportMetric(ratios[9], "high")
		}
	})
}

// ratio is the processor time of f in that of g. They take turns every few
// microseconds, so that both have the same share of what else the machine does.
func ratio(f, g func(n int)) float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const turns, calls = 200, 100
	var spent [2]int64
	for range turns {
		for i, run := range []func(int){f, g} {
			start := threadTime()
			run(calls)
			spent[i] += threadTime() - start
		}
	}
	return float64(spent[0]) / float64(spent[1])
}

func threadTime() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		panic(err)
	}
	return ts.Nano()
}
