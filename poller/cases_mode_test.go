package poller_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/poller"
)

// again checks what a Wait reports about a registration that was reported
// before and is still ready: all of it in mode Level, else nothing.
func (e *env) again(token uint64, want poller.Ready) {
	e.t.Helper()
	if e.mode != poller.Level {
		e.quiet()
		return
	}
	for range 3 {
		got := e.next()
		if len(got) != 1 || got[0].Token != token || got[0].Ready&want != want {
			e.t.Fatalf("got %v, want %v", show(got), bits(want))
		}
	}
}

// modeCases: how often something is reported.
var modeCases = []contractCase{
	{"A3/reported_as_the_mode_says", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.add(a, 1, rd)
		e.quiet()
		e.write(b, "x")
		e.expect(a, 1, rd, poller.Readable)
		e.again(1, poller.Readable)
	}},
	{"A3/partial_read", func(t *testing.T, e *env) {
		a, b := sockettest.TCPPair(t)
		e.add(a, 1, rd)
		e.write(b, "0123456789")
		e.arrived(a, 10)
		e.expect(a, 1, rd, poller.Readable)
		e.read(a, 4)
		e.again(1, poller.Readable)
		if got := e.read(a, 20); got != "456789" {
			t.Errorf("left over: %q", got)
		}
	}},
	{"A3/more_after_partial_read", func(t *testing.T, e *env) {
		a, b := sockettest.TCPPair(t)
		e.add(a, 1, rd)
		e.write(b, "0123")
		e.expect(a, 1, rd, poller.Readable)
		e.read(a, 1)
		e.write(b, "4567")
		e.rearm(a, 1, rd)
		e.expect(a, 1, rd, poller.Readable)
	}},
	{"A3/drained_and_ready_again", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.add(a, 1, rd)
		for range 5 {
			e.write(b, "x")
			e.expect(a, 1, rd, poller.Readable)
			e.read(a, 8)
			e.rearm(a, 1, rd)
			e.quiet()
		}
	}},
	{"A3/full_and_writable_again", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.add(a, 1, wr)
		for range 3 {
			e.expect(a, 1, wr, poller.Writable)
			n := e.fill(a)
			e.rearm(a, 1, wr)
			e.quiet()
			e.empty(b, n)
		}
	}},
	{"A4/modify_reports_anew", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.write(b, "x")
		e.add(a, 1, rd|wr)
		for range 3 {
			e.expect(a, 1, rd|wr, poller.Readable|poller.Writable)
			e.modify(a, 1, rd|wr) // the same as before
		}
	}},
	{"A4/modify_before_the_first_wait", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.write(b, "x")
		e.add(a, 1, rd)
		e.modify(a, 2, rd)
		e.modify(a, 3, rd)
		if got := e.next(); len(got) != 1 || got[0].Token != 3 {
			t.Errorf("got %v, want token 3 once", show(got))
		}
	}},
	{"A10/modify_takes_interest_away", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.write(b, "x")
		e.add(a, 1, rd|wr)
		e.expect(a, 1, rd|wr, poller.Readable|poller.Writable)
		e.modify(a, 1, wr)
		if got := e.next(); len(got) != 1 || got[0].Ready != poller.Writable {
			t.Errorf("got %v, want writable", show(got))
		}
		e.modify(a, 1, rd)
		if got := e.next(); len(got) != 1 || got[0].Ready != poller.Readable {
			t.Errorf("got %v, want readable", show(got))
		}
	}},
	{"A10/modify_changes_token", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.write(b, "x")
		e.add(a, 1, rd)
		e.next()
		e.modify(a, 2, rd)
		if got := e.next(); len(got) != 1 || got[0].Token != 2 {
			t.Errorf("got %v, want token 2", show(got))
		}
	}},
	{"A10/modify_changes_mode", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.write(b, "x")
		e.add(a, 1, rd)
		own := e.mode
		for _, m := range []poller.Mode{poller.Level, poller.Edge, poller.OneShot, poller.Level, own} {
			if !e.backend.Has(m) {
				continue
			}
			e.mode = m
			e.modify(a, 1, rd)
			e.expect(a, 1, rd, poller.Readable)
			e.again(1, poller.Readable)
		}
	}},
	{"A10/removed_and_added_again", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.write(b, "x")
		for i := range 4 {
			e.add(a, uint64(i), rd|wr)
			if got := e.next(); len(got) != 1 || got[0].Token != uint64(i) {
				t.Errorf("round %d: got %v", i, show(got))
			}
			e.remove(a)
			e.quiet()
		}
	}},
	{"A10/removed_among_reported", func(t *testing.T, e *env) {
		var fds [3]int
		for i := range fds {
			a, b := sockettest.Pair(t)
			e.write(b, "x")
			e.add(a, uint64(i), rd)
			fds[i] = a
		}
		for seen := 0; seen < len(fds); {
			seen += len(e.next()) // OneShot: none of them is armed now
		}
		e.remove(fds[0])
		for _, i := range []uint64{1, 2} {
			e.modify(fds[i], 10+i, rd)
			e.expect(fds[i], 10+i, rd, poller.Readable)
			e.remove(fds[i])
		}
		e.quiet()
	}},
	{"N/one_report_ends_both_directions", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.write(b, "x")
		e.add(a, 1, rd|wr)
		// Space for one: a kernel that reports the directions apart must not
		// report the other one later, nor arm it again by itself.
		events := make([]poller.Event, 1)
		if got := e.waitFor(events, patience); len(got) != 1 {
			t.Fatalf("got %v", show(got))
		}
		if e.mode == poller.OneShot {
			e.quiet()
			e.modify(a, 1, rd|wr)
		}
		if e.mode != poller.Edge {
			e.expect(a, 1, rd|wr, poller.Readable|poller.Writable)
		}
	}},
}

// closingCases: what the end of a connection looks like.
var closingCases = []contractCase{
	{"A6/data_and_fin_in_one_event", func(t *testing.T, e *env) {
		a, b := sockettest.TCPPair(t)
		e.write(b, "last words")
		if err := unix.Shutdown(b, unix.SHUT_WR); err != nil {
			t.Fatal(err)
		}
		e.arrived(a, 10)
		e.add(a, 1, rd)
		got := e.expect(a, 1, rd, poller.Readable|e.readClosed())
		if got&(poller.Failed|poller.Hangup) != 0 {
			t.Errorf("got %v: half-close is neither failure nor the end", bits(got))
		}
		if s := e.read(a, 64); s != "last words" {
			t.Errorf("read %q", s)
		}
	}},
	{"A6/fin_alone", func(t *testing.T, e *env) {
		a, b := sockettest.TCPPair(t)
		e.add(a, 1, rd)
		e.quiet()
		if err := unix.Shutdown(b, unix.SHUT_WR); err != nil {
			t.Fatal(err)
		}
		e.expect(a, 1, rd, poller.Readable|e.readClosed())
		e.again(1, poller.Readable)
	}},
	{"A6/fin_after_drain", func(t *testing.T, e *env) {
		a, b := sockettest.TCPPair(t)
		e.add(a, 1, rd)
		e.write(b, "x")
		e.expect(a, 1, rd, poller.Readable)
		e.read(a, 8)
		e.rearm(a, 1, rd)
		e.quiet()
		if err := unix.Shutdown(b, unix.SHUT_WR); err != nil {
			t.Fatal(err)
		}
		e.expect(a, 1, rd, poller.Readable|e.readClosed())
	}},
	{"A6/fin_leaves_the_write_direction", func(t *testing.T, e *env) {
		a, b := sockettest.TCPPair(t)
		if err := unix.Shutdown(b, unix.SHUT_WR); err != nil {
			t.Fatal(err)
		}
		e.add(a, 1, rd|wr)
		got := e.expect(a, 1, rd|wr, poller.Readable|poller.Writable|e.readClosed())
		if got&(poller.Failed|poller.Hangup) != 0 {
			t.Errorf("got %v", bits(got))
		}
		e.write(a, "reply")
		e.arrived(b, 5)
	}},
	{"A6/reset", func(t *testing.T, e *env) {
		a, b := sockettest.TCPPair(t)
		e.add(a, 1, rd|wr)
		e.expect(a, 1, rd|wr, poller.Writable)
		e.rearm(a, 1, rd|wr)
		e.reset(b)
		got := e.expect(a, 1, rd|wr, poller.Failed)
		if got&poller.Hangup == 0 {
			t.Errorf("got %v, want hangup too", bits(got))
		}
		if _, err := unix.Read(a, make([]byte, 8)); err != unix.ECONNRESET {
			t.Errorf("read: %v: the poller must leave the error to the caller", err)
		}
	}},
	{"A6/data_and_reset", func(t *testing.T, e *env) {
		a, b := sockettest.TCPPair(t)
		e.write(b, "data")
		e.arrived(a, 4)
		e.reset(b)
		e.add(a, 1, rd)
		e.expect(a, 1, rd, poller.Readable|poller.Failed)
	}},
	{"A6/unix_peer_closes", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.write(b, "bye")
		if err := unix.Shutdown(b, unix.SHUT_RDWR); err != nil {
			t.Fatal(err)
		}
		e.add(a, 1, rd|wr)
		e.expect(a, 1, rd|wr, poller.Readable|poller.Hangup)
		if s := e.read(a, 8); s != "bye" {
			t.Errorf("read %q", s)
		}
	}},
	{"A6/urgent_data", func(t *testing.T, e *env) {
		a, b := sockettest.TCPPair(t)
		e.add(a, 1, rd|poller.Priority)
		e.quiet()
		if err := unix.Sendto(b, []byte("!"), unix.MSG_OOB, nil); err != nil {
			t.Fatal(err)
		}
		e.expect(a, 1, rd|poller.Priority, poller.Urgent)
	}},
	{"A7/hangup_as_the_mode_says", func(t *testing.T, e *env) {
		a, b := sockettest.TCPPair(t)
		e.reset(b)
		e.add(a, 1, rd|wr)
		e.expect(a, 1, rd|wr, poller.Failed|poller.Hangup)
		e.again(1, poller.Failed)
	}},
	{"A7/removed_is_left_alone", func(t *testing.T, e *env) {
		a, b := sockettest.TCPPair(t)
		e.add(a, 1, rd)
		e.remove(a)
		e.reset(b)
		e.quiet()
	}},
	{"A7/zero_interest_reports_hangup", func(t *testing.T, e *env) {
		a, b := sockettest.TCPPair(t)
		e.add(a, 1, 0)
		e.write(b, "x")
		e.quiet()
		e.reset(b)
		got := e.expect(a, 1, 0, poller.Failed|poller.Hangup)
		if got&(poller.Readable|poller.Writable|poller.ReadClosed) != 0 {
			t.Errorf("got %v: not asked for", bits(got))
		}
		e.remove(a)
		e.quiet()
	}},
	{"A7/unconnected_socket", func(t *testing.T, e *env) {
		fd := socket(t)
		defer unix.Close(fd)
		e.add(fd, 1, rd|wr)
		e.expect(fd, 1, rd|wr, poller.Writable|poller.Hangup)
		e.again(1, poller.Hangup)
		e.remove(fd)
	}},
}

// readClosed is ReadClosed where this backend can tell.
func (e *env) readClosed() poller.Ready {
	if e.backend == poller.Poll && !pollHasReadClosed {
		return 0
	}
	return poller.ReadClosed
}
