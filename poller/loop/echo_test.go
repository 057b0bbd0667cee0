package loop_test

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller/loop"
)

func TestEchoEveryByte(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		s := serve(t, loop.Config{Backend: w.backend}, w.addr(t), always(echo{}))
		var wg sync.WaitGroup
		for id := range 4 {
			c := s.dial()
			const n = 300_000
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(1, uint64(id)))
				for off := 0; off < n; {
					p := make([]byte, min(1+rng.IntN(1<<rng.IntN(17)), n-off))
					pattern(p, id, off)
					if _, err := c.Write(p); err != nil {
						t.Errorf("client %d: write: %v", id, err)
						return
					}
					off += len(p)
				}
			})
			wg.Go(func() {
				if err := readPattern(c, id, n); err != nil {
					t.Errorf("client %d: %v", id, err)
					return
				}
				halfClose(t, c)
				if err := readEOF(c); err != nil {
					t.Errorf("client %d: %v", id, err)
				}
			})
		}
		wg.Wait()
	})
}

// A hundred connections are ready in one batch and each echoes its input slice,
// all of which are the same memory. The kernel takes a half of every third
// answer, so that the rest is copied from that memory too.
func TestBatchOfHundredBorrowsInput(t *testing.T) {
	const conns, size = 100, 3000
	halves := 0
	k := &kernel{}
	s := step(t, loop.Config{}, k, tcpAddr, always(echo{}))
	peers := make([]*peer, conns)
	for i := range peers {
		peers[i] = s.connect()
	}
	s.until(func() bool { return s.l.StatsNow().Accepted == conns }, "all accepted")
	again := false
	k.send = func(host sys.Kernel, fd int, p []byte) (int, sys.Errno) {
		if again = !again && len(p) == size && fd%3 == 0; again {
			halves++
			return host.Send(fd, p[:size/2])
		}
		if len(p) == size/2 {
			return 0, unix.EAGAIN
		}
		return host.Send(fd, p)
	}
	for i, c := range peers {
		c.send(string(patterned(i, size)))
	}
	s.turns(1)
	if st := s.l.StatsNow(); st.MaxBatch < conns {
		t.Fatalf("the largest batch had %d events, want %d", st.MaxBatch, conns)
	}
	if halves < conns/4 {
		t.Fatalf("%d answers were cut in half", halves)
	}
	k.send = nil
	for i, c := range peers {
		c.send("!") // an event that says writable, too
		var got []byte
		s.until(func() bool {
			b, err := c.recv()
			must(t, err)
			got = append(got, b...)
			return len(got) > size
		}, "the echo")
		if !bytes.Equal(got, append(patterned(i, size), '!')) {
			t.Fatalf("connection %d: wrong byte at %d", i, firstDifference(got, patterned(i, size)))
		}
	}
}

// A client that sends one byte at a time: the handler sees each message grow and
// consumes it when it is whole.
func TestOneByteAtATime(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const message = 10
		var offers []string
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
			data: func(c loop.Conn, in []byte) int {
				offers = append(offers, string(in))
				if len(in) < message {
					return 0
				}
				return message
			},
		}))
		c := s.connect()
		want := string(patterned(1, 3*message))
		for i := range 3 * message {
			c.send(want[i : i+1])
			s.until(func() bool { return len(offers) == i+1 }, "an offer for each byte")
			s.turns(1) // to EAGAIN
			if got := want[i/message*message : i+1]; offers[i] != got {
				t.Fatalf("offer %d is %x, want %x", i, offers[i], got)
			}
		}
	})
}

// A5: a connection whose input never ends takes its budget a turn and no more.
func TestFloodDoesNotStarveOthers(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		const conns, budget = 100, 128 << 10
		flooder, recvs := -1, 0
		k := &kernel{}
		k.recv = func(host sys.Kernel, fd int, p []byte) (int, sys.Errno) {
			if fd != flooder {
				return host.Recv(fd, p)
			}
			if recvs++; recvs > 1000 {
				t.Error("the flooding connection is read without end")
				flooder = -1
			}
			return len(p), 0
		}
		perTurn := 0
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{ReadBudget: budget}}
		s := step(t, cfg, k, w.addr(t), always(&calls{
			data: func(c loop.Conn, in []byte) int {
				if in[0] == 'F' && flooder < 0 {
					flooder = int(c.FD())
				}
				if int(c.FD()) == flooder {
					perTurn += len(in)
					return len(in)
				}
				return echo{}.OnData(c, in)
			},
		}))
		f := s.connect()
		f.send("F")
		s.until(func() bool { return flooder >= 0 }, "the flooder is known")
		f.send("F")
		s.until(func() bool { return recvs > 0 }, "the flood begins")
		peers := make([]*peer, conns)
		for i := range peers {
			peers[i] = s.connect()
		}
		s.until(func() bool { return s.l.StatsNow().Accepted == conns+1 }, "all accepted")
		for range 3 {
			perTurn, recvs = 0, 0
			echoInOneTurn(s, peers)
			if perTurn < budget || perTurn > budget+64<<10 {
				t.Errorf("the flood had %d bytes in a turn, its budget is %d", perTurn, budget)
			}
		}
	})
}

// echoInOneTurn has all peers served in the same turn.
func echoInOneTurn(s *stepper, peers []*peer) {
	s.t.Helper()
	for _, c := range peers {
		c.send("x")
	}
	s.turns(1)
	for i, c := range peers {
		if got, err := c.recv(); got != "x" {
			s.t.Fatalf("connection %d was not served in the turn: %q, %v", i, got, err)
		}
	}
}

// interrupting is a kernel in which a signal comes before every second call of
// each kind.
func interrupting() *kernel {
	var recv, send, sendv, accept, wait bool
	interrupt := func(b *bool) bool {
		*b = !*b
		return *b
	}
	return &kernel{
		recv: func(host sys.Kernel, fd int, p []byte) (int, sys.Errno) {
			if interrupt(&recv) {
				return 0, unix.EINTR
			}
			return host.Recv(fd, p)
		},
		send: func(host sys.Kernel, fd int, p []byte) (int, sys.Errno) {
			if interrupt(&send) {
				return 0, unix.EINTR
			}
			return host.Send(fd, p)
		},
		sendv: func(host sys.Kernel, fd int, bufs [][]byte) (int, sys.Errno) {
			if interrupt(&sendv) {
				return 0, unix.EINTR
			}
			return host.Sendv(fd, bufs)
		},
		accept: func(host sys.Kernel, fd int, sa *sys.RawSockaddr) (int, sys.Errno) {
			if interrupt(&accept) {
				return -1, unix.EINTR
			}
			return host.Accept(fd, sa)
		},
		wait: func(host sys.Kernel, epfd int, events []sys.EpollEvent) (int, sys.Errno) {
			if interrupt(&wait) {
				return 0, unix.EINTR
			}
			return host.EpollWait(epfd, events, 0)
		},
	}
}

// EINTR from every call that can give it changes nothing.
func TestInterruptedCalls(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		s := step(t, loop.Config{Backend: w.backend}, interrupting(), w.addr(t), always(echo{}))
		c := s.connect()
		const n, piece = 200_000, 5000
		got := make([]byte, 0, n)
		for off := 0; off < n; off += piece {
			p := make([]byte, piece)
			pattern(p, 3, off)
			c.send(string(p))
			s.until(func() bool {
				b, err := c.recv()
				must(t, err)
				got = append(got, b...)
				return len(got) == off+piece
			}, "the echo")
		}
		if at := firstDifference(got, patterned(3, n)); at >= 0 {
			t.Errorf("wrong byte at %d", at)
		}
	})
}
