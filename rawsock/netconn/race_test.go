package netconn

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func four(host byte) rawsock.Sockaddr { return rawsock.SockaddrInet4([4]byte{192, 0, 2, host}, 1) }
func six(host byte) rawsock.Sockaddr {
	return rawsock.SockaddrInet6([16]byte{0x20, 1, 0xd, 0xb8, 15: host}, 1, 0, 0)
}

func TestInterleave(t *testing.T) {
	for _, tt := range []struct{ in, want []rawsock.Sockaddr }{
		{nil, nil},
		{[]rawsock.Sockaddr{four(1)}, []rawsock.Sockaddr{four(1)}},
		{
			[]rawsock.Sockaddr{six(1), six(2), six(3), four(1), four(2)},
			[]rawsock.Sockaddr{six(1), four(1), six(2), four(2), six(3)},
		},
		{
			[]rawsock.Sockaddr{four(1), six(1), six(2)},
			[]rawsock.Sockaddr{four(1), six(1), six(2)},
		},
	} {
		if got := interleave(tt.in); !slices.Equal(got, tt.want) {
			t.Errorf("interleave(%v) = %v, want %v", tt.in, got, tt.want)
		}
	}
}

// script is what becomes of an attempt: after a while an error, or a connection.
type script struct {
	after time.Duration
	err   error
	deaf  bool // goes on when its context is done
}

// begun is what an attempt did.
type begun struct {
	to   rawsock.Sockaddr
	at   time.Duration
	conn *Conn
}

// run has race try addresses that behave as scripts say.
func run(ctx context.Context, t *testing.T, scripts map[rawsock.Sockaddr]script, addrs ...rawsock.Sockaddr) (*Conn, []begun, error) {
	start, log := time.Now(), make(chan begun, len(addrs))
	c, err := race(ctx, networks[0], addrs, AttemptDelay, func(ctx context.Context, _ network, to rawsock.Sockaddr) (*Conn, error) {
		b := begun{to: to, at: time.Since(start)}
		defer func() { log <- b }()
		s := scripts[to]
		done := ctx.Done()
		if s.deaf {
			done = nil
		}
		select {
		case <-time.After(s.after):
		case <-done:
			return nil, ctx.Err()
		}
		if s.err != nil {
			return nil, s.err
		}
		fds, err := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		fds[1].Close()
		b.conn, err = New(fds[0], Config{})
		return b.conn, err
	})
	close(log)
	var all []begun
	for b := range log {
		all = append(all, b)
	}
	slices.SortStableFunc(all, func(a, b begun) int { return int(a.at - b.at) })
	return c, all, err
}

func TestRaceIsStaggered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, all, err := run(t.Context(), t, map[rawsock.Sockaddr]script{
			six(1): {after: time.Hour}, four(1): {after: time.Hour}, six(2): {after: 100 * time.Millisecond}, four(2): {after: 0},
		}, six(1), four(1), six(2), four(2))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		want := []begun{{to: six(1)}, {to: four(1), at: AttemptDelay}, {to: six(2), at: 2 * AttemptDelay, conn: c}}
		if !slices.Equal(all, want) {
			t.Errorf("attempts %v, want %v", all, want)
		}
	})
}

// TestRaceGoesOnAfterAFailure: the next attempt does not wait for the delay when the
// one before has failed, and has the whole delay for itself.
func TestRaceGoesOnAfterAFailure(t *testing.T) {
	const soon = 10 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		c, all, err := run(t.Context(), t, map[rawsock.Sockaddr]script{
			six(1): {after: soon, err: unix.ECONNREFUSED}, four(1): {after: time.Hour}, six(2): {after: soon},
		}, six(1), four(1), six(2))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		want := []begun{{to: six(1)}, {to: four(1), at: soon}, {to: six(2), at: soon + AttemptDelay, conn: c}}
		if !slices.Equal(all, want) {
			t.Errorf("attempts %v, want %v", all, want)
		}
	})
}

func TestRaceClosesLosers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, all, err := run(t.Context(), t, map[rawsock.Sockaddr]script{
			six(1): {after: AttemptDelay + 20*time.Millisecond, deaf: true}, four(1): {after: 10 * time.Millisecond},
		}, six(1), four(1))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if loser := all[0].conn; all[1].conn != c || loser == nil || !loser.closed.Load() {
			t.Errorf("attempts %v, winner %p: want the first one's connection closed", all, c)
		}
	})
}

func TestRaceJoinsErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, all, err := run(t.Context(), t, map[rawsock.Sockaddr]script{
			six(1): {err: unix.ENETUNREACH}, four(1): {err: unix.ECONNREFUSED},
		}, six(1), four(1))
		e, ok := errors.AsType[*net.OpError](err)
		if !ok || e.Op != "dial" || e.Timeout() || !errors.Is(err, unix.ENETUNREACH) || !errors.Is(err, unix.ECONNREFUSED) || len(all) != 2 {
			t.Errorf("%v after %v", err, all)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, all, err = run(ctx, t, map[rawsock.Sockaddr]script{
			six(1): {err: unix.ENETUNREACH}, four(1): {after: time.Hour}, four(2): {after: time.Hour},
		}, six(1), four(1), four(2))
		e, ok = errors.AsType[*net.OpError](err)
		if !ok || !e.Timeout() || !errors.Is(err, unix.ENETUNREACH) || !errors.Is(err, context.DeadlineExceeded) || len(all) != 3 {
			t.Errorf("%v after %v", err, all)
		}
	})
}
