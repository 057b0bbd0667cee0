package bpfstat_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/bpfstat"
)

func BenchmarkRead(b *testing.B) {
	for _, level := range []bpfstat.Level{bpfstat.Calls, bpfstat.Wake} {
		b.Run(level.String(), func(b *testing.B) {
			c := open(b, level)
			l, sa := listen(b, c, loopback4)
			_, server := dial(b, l, sa)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Read(server.fd); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkWatch(b *testing.B) {
	c := open(b, bpfstat.Wake)
	for _, network := range []string{"tcp", "unix"} {
		b.Run(network, func(b *testing.B) {
			domain := map[string]int{"tcp": unix.AF_INET, "unix": unix.AF_UNIX}[network]
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				fd, err := rawsock.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
				must(b, err)
				b.StartTimer()
				must(b, c.Watch(fd))
				b.StopTimer()
				must(b, fd.Close())
				b.StartTimer()
			}
		})
	}
}

func BenchmarkTotals(b *testing.B) {
	c := open(b, bpfstat.Wake)
	for b.Loop() {
		totals(b, c)
	}
}

func BenchmarkOpen(b *testing.B) {
	for level := range bpfstat.Wake + 1 {
		b.Run(level.String(), func(b *testing.B) {
			for b.Loop() {
				c, err := bpfstat.Open(bpfstat.Config{Level: level})
				if err != nil {
					b.Skip(err)
				}
				must(b, c.Close())
			}
		})
	}
}

// BenchmarkEchoCost is what counting adds to an echo of 64 bytes over TCP: a recv
// and a send of the server's, as the loop makes them, on 64 connections in turn.
// Without counters and at each level in turn, eleven rounds; the figures are
// ratios to no counters in the same round, their median, and one iteration is all
// of it.
func BenchmarkEchoCost(b *testing.B) {
	open(b, bpfstat.Lifecycle) // skips where there is none
	const rounds = 11
	for b.Loop() {
		var ratios [bpfstat.Wake + 1][]float64
		var base []float64
		for range rounds {
			off := echoes(b, nil)
			base = append(base, off)
			for level := range bpfstat.Wake + 1 {
				c, err := bpfstat.Open(bpfstat.Config{Level: level})
				must(b, err)
				ratios[level] = append(ratios[level], echoes(b, c)/off)
				must(b, c.Close())
			}
		}
		slices.Sort(base)
		b.ReportMetric(base[rounds/2], "ns/off")
		for level, r := range ratios {
			slices.Sort(r)
			b.ReportMetric(r[rounds/2], bpfstat.Level(level).String()+"/off")
			b.Logf("%v: %.3f (%.3f–%.3f)", bpfstat.Level(level), r[rounds/2], r[0], r[rounds-1])
		}
	}
	b.ReportMetric(0, "ns/op")
}

// echoes returns the nanoseconds of an echo: the middle of many turns.
func echoes(b *testing.B, c *bpfstat.Counters) float64 {
	const conns, turns = 64, 300
	var clients, servers [conns]*end
	l, sa := listen(b, c, loopback4)
	defer l.Close()
	for i := range conns {
		clients[i], servers[i] = dial(b, l, sa)
		defer clients[i].close()
		defer servers[i].close()
	}
	host := sys.NewHost()
	buf := make([]byte, 64)
	times := make([]time.Duration, 0, turns)
	for range turns {
		for _, e := range clients {
			host.Send(int(e.fd), buf)
		}
		start := time.Now()
		for _, e := range servers {
			n, e1 := host.Recv(int(e.fd), buf)
			m, e2 := host.Send(int(e.fd), buf)
			if n != 64 || m != 64 {
				b.Fatal(fmt.Sprint(n, m, e1, e2))
			}
		}
		times = append(times, time.Since(start))
		for _, e := range clients {
			host.Recv(int(e.fd), buf)
		}
	}
	slices.Sort(times)
	return float64(times[turns/2].Nanoseconds()) / conns
}
