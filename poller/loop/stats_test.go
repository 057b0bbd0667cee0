package loop_test

import (
	"testing"
	"time"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller/loop"
)

// A session of which every count is known beforehand, and every system call
// counted a second time.
func TestStatsOfASession(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		made := make(map[string]uint64)
		k := &faulty{fail: func(call string, _ int) sys.Errno {
			made[call]++
			return 0
		}}
		s := stepOn(t, loop.Config{Backend: w.backend}, k, w.addr(t), always(echo{}))
		until := func(cond func() bool) { s.until(cond, "the session goes on") }
		first, second := s.dial(), s.dial()
		served(t, first, until)
		served(t, second, until)
		served(t, first, until)
		halfClose(t, first)
		until(func() bool { return s.l.StatsNow().Closed == 1 })
		must(t, readEOF(first))
		must(t, second.Close())
		until(func() bool { return s.l.StatsNow().Closed == 2 })
		third := s.dial()
		until(func() bool { return s.l.StatsNow().Accepted == 3 })
		must(t, s.Close())
		for !isEnded(s.l) {
			_ = s.l.Step()
		}
		hungUp(t, third)

		got := s.l.StatsNow()
		want := loop.Stats{Accepted: 3, Closed: 3, BytesIn: 12, BytesOut: 12, Turns: got.Turns, Events: got.Events,
			MaxBatch: got.MaxBatch, Again: got.Again, Ignored: got.Ignored, LongestTurn: got.LongestTurn, Calls: got.Calls}
		if got != want {
			t.Errorf("stats\n%+v, want\n%+v", got, want)
		}
		if got.Turns == 0 || got.Events < 5 || got.MaxBatch == 0 || got.LongestTurn <= 0 {
			t.Errorf("%+v", got)
		}
		calls := loop.Calls{
			Wait: made["wait"], Ctl: made["epoll_ctl"], Accept: made["accept"], Recv: made["recv"], Send: made["send"],
			Sendmsg: made["sendmsg"], Shutdown: made["shutdown"], Close: made["close"], Sockopt: made["setsockopt"],
			Wake: made["write"], Other: got.Calls.Other,
		}
		if got.Calls != calls {
			t.Errorf("calls\n%+v, made\n%+v", got.Calls, calls)
		}
		sum := calls.Wait + calls.Ctl + calls.Accept + calls.Recv + calls.Send + calls.Sendmsg + calls.Shutdown +
			calls.Close + calls.Sockopt + calls.Wake + calls.Other
		if got.Calls.Total() != sum || calls.Send != 3 || calls.Other == 0 {
			t.Errorf("total %d, want %d; %+v", got.Calls.Total(), sum, calls)
		}
	})
}

func isEnded(l *loop.Loop) bool { return l.Post(func() {}) == loop.ErrClosed }

// The sum over a group is the sum over its loops.
func TestStatsOfAGroup(t *testing.T) {
	s := serve(t, loop.Config{Loops: 3}, unixAddr(t), always(echo{}))
	for range 6 {
		served(t, s.dial(), nil)
	}
	must(t, s.Close())
	s.awaitEnd()
	var accepted, in, total, batch uint64
	var longest time.Duration
	for i, l := range s.Loops() {
		st := l.Stats()
		if st.Accepted != 2 || st.BytesIn != 8 || st.BytesOut != 8 || st.Conns != 0 {
			t.Errorf("loop %d: %+v", i, st)
		}
		accepted, in, total = accepted+st.Accepted, in+st.BytesIn, total+st.Calls.Total()
		batch, longest = max(batch, st.MaxBatch), max(longest, st.LongestTurn)
	}
	sum := s.Stats()
	if sum.Accepted != accepted || sum.BytesIn != in || sum.Calls.Total() != total || sum.MaxBatch != batch || sum.LongestTurn != longest {
		t.Errorf("%+v; want %d accepted, %d in, %d calls, %d, %v", sum, accepted, in, total, batch, longest)
	}
}

// awaitEnd waits until all loops of a closed group have ended.
func (s *server) awaitEnd() {
	s.t.Helper()
	sockettest.Eventually(s.t, patience, func() bool { return s.Close() == loop.ErrClosed }, "the end")
}

// Counters of a running loop are not older than a sleep: before it sleeps it
// publishes them.
func TestStatsWhileRunning(t *testing.T) {
	s := serve(t, loop.Config{}, tcpAddr, always(echo{}))
	c := s.dial()
	for i := range 20 {
		served(t, c, nil)
		want := uint64(4 * (i + 1))
		sockettest.Eventually(t, patience, func() bool {
			st := s.Stats()
			return st.BytesIn == want && st.BytesOut == want
		}, "%d bytes are counted", want)
	}
}

// Each turn away, panic and unsent byte is counted once.
func TestStatsOfFaults(t *testing.T) {
	k := &faulty{}
	s := stepOn(t, loop.Config{MaxConns: 1, Limits: loop.Limits{MaxQueued: 8 << 20}}, k, tcpAddr, always(&calls{
		data: func(c loop.Conn, in []byte) int {
			if in[0] == 'p' {
				panic("asked for")
			}
			_, _ = c.Write(make([]byte, 8<<20))
			c.Abort()
			return len(in)
		},
	}))
	until := func(cond func() bool) { s.until(cond, "the count") }
	for i, word := range []string{"panic", "abort"} {
		c := s.dial()
		_, err := c.Write([]byte(word))
		must(t, err)
		until(func() bool { return s.l.StatsNow().Closed == uint64(i+1) })
	}
	kept := s.dial()
	until(func() bool { return s.l.StatsNow().Accepted == 3 })
	hungUpAfter := s.dial()
	until(func() bool { return s.l.StatsNow().Shed == 1 })
	hungUp(t, hungUpAfter)
	_ = kept
	st := s.l.StatsNow()
	if st.Panics != 1 || st.Conns != 1 || st.Unsent == 0 || st.Unsent+st.BytesOut != 8<<20 || st.Queued != 0 {
		t.Errorf("%+v", st)
	}
}
