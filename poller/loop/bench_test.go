package loop_test

import (
	"fmt"
	"testing"

	"github.com/rawloop/rawloop/poller/loop"
)

// BenchmarkEchoTurn is a turn of the loop in which every connection has 64
// bytes to echo, with the clients' calls in it; ns/msg is what one costs.
func BenchmarkEchoTurn(b *testing.B) {
	for _, conns := range []int{1, 100} {
		b.Run(fmt.Sprintf("conns=%d", conns), func(b *testing.B) {
			s := step(b, loop.Config{}, nil, tcpAddr, always(echo{}))
			peers := make([]*peer, conns)
			for i := range peers {
				peers[i] = s.connect()
			}
			s.until(func() bool { return s.l.StatsNow().Accepted == uint64(conns) }, "all accepted")
			buf := make([]byte, 64)
			b.ReportAllocs()
			for b.Loop() {
				for _, p := range peers {
					p.write(buf)
				}
				s.turn()
				for _, p := range peers {
					p.read(buf)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*conns), "ns/msg")
		})
	}
}

// BenchmarkPost is a function posted and run, a hundred in a turn.
func BenchmarkPost(b *testing.B) {
	s := step(b, loop.Config{}, nil, tcpAddr, always(echo{}))
	n := 0
	fn := func() { n++ }
	b.ReportAllocs()
	for b.Loop() {
		for range 100 {
			_ = s.l.Post(fn)
		}
		s.turn()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*100), "ns/post")
}

// BenchmarkSend is 64 bytes sent from outside, a hundred in a turn, which
// leave with one system call.
func BenchmarkSend(b *testing.B) {
	k := &keeper{}
	s := step(b, loop.Config{}, nil, tcpAddr, always(k))
	p := s.connect()
	s.turns(2)
	msg, buf := make([]byte, 64), make([]byte, 64<<10)
	b.ReportAllocs()
	for b.Loop() {
		for range 100 {
			_ = k.conn.Send(msg)
		}
		s.turn()
		p.read(buf)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*100), "ns/send")
}
