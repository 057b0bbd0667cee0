package loop_test

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller/loop"
)

// noAllocs runs f until what it uses again is made, and then checks that it
// allocates nothing.
func noAllocs(t *testing.T, name string, f func()) {
	t.Helper()
	for range 20 {
		f()
	}
	if n := testing.AllocsPerRun(60, f); n != 0 {
		t.Errorf("%s: %v allocations", name, n)
	}
}

// write and read are a client's calls that do not allocate.
func (p *peer) write(b []byte) {
	if n, err := unix.Write(p.fd, b); n != len(b) || err != nil {
		p.t.Fatalf("write: %d, %v", n, err)
	}
}

func (p *peer) read(b []byte) int {
	n, err := unix.Read(p.fd, b)
	if err != nil && err != unix.EAGAIN {
		p.t.Fatalf("read: %v", err)
	}
	return max(n, 0)
}

// turn is Step without the helpers of tests, which allocate.
func (s *stepper) turn() {
	if err := s.l.Step(); err != nil {
		s.t.Fatal(err)
	}
}

// half consumes a half of its input, when that is at least 100 bytes.
type half struct{ loop.Base }

func (half) OnData(c loop.Conn, in []byte) int {
	if len(in) < 100 {
		return 0
	}
	_, _ = c.Write(in[:len(in)/2])
	return len(in) / 2
}

// keeper keeps its Conn.
type keeper struct {
	loop.Base
	conn  loop.Conn
	reply []byte
}

func (k *keeper) OnOpen(c loop.Conn) { k.conn = c }

func (k *keeper) OnData(c loop.Conn, in []byte) int {
	if k.reply != nil {
		_, _ = c.Write(k.reply)
	}
	return len(in)
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: 8 << 20}}
		buf := make([]byte, 256<<10)
		for name, h := range map[string]loop.Handler{"echo": echo{}, "remainder": half{}} {
			s := step(t, cfg, nil, w.addr(t), always(h))
			p := s.connect()
			s.turns(2)
			noAllocs(t, name, func() {
				p.write(buf[:150])
				s.turn()
				p.read(buf)
			})
		}
		k := &keeper{reply: make([]byte, 4<<20)}
		s := step(t, cfg, nil, w.addr(t), always(k))
		p := s.connect()
		s.turns(2)
		s.until(func() bool { p.write(buf[:1]); s.turn(); return k.conn.Queued() > 0 }, "a queue")
		noAllocs(t, "queued write", func() {
			for k.conn.Queued() > 0 {
				p.read(buf)
				s.turn()
			}
			p.write(buf[:1])
			s.turn()
		})
	})
}

func TestPostAndSendAllocateNothing(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		k := &keeper{}
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(k))
		p := s.connect()
		s.turns(2)
		buf := make([]byte, 1000)
		ran := 0
		fn := func() { ran++ }
		noAllocs(t, "Post", func() {
			for range 10 {
				_ = s.l.Post(fn)
			}
			s.turn()
		})
		noAllocs(t, "Send", func() {
			for range 10 {
				_ = k.conn.Send(buf[:50])
			}
			s.turn()
			p.read(buf)
		})
		if ran == 0 {
			t.Error("nothing ran")
		}
	})
}

func TestAcceptAndCloseAllocateNothing(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(echo{}))
		to := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: int(s.lis.Addr().AddrPort().Port())}
		buf := make([]byte, 100)
		p := &peer{t: t}
		noAllocs(t, "accept, echo and close", func() {
			var err error
			if p.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0); err != nil {
				t.Fatal(err)
			}
			if err = unix.Connect(p.fd, to); err != nil {
				t.Fatal(err)
			}
			s.turn()
			p.write(buf[:10])
			s.turn()
			p.read(buf)
			p.close()
			s.turn()
		})
		if st := s.l.StatsNow(); st.Closed < 60 || st.Accepted != st.Closed {
			t.Errorf("%d accepted, %d closed", st.Accepted, st.Closed)
		}
	})
}

// counter is a Handler as small as a real one can be: a word of its own.
type counter struct {
	loop.Base
	n int
}

func (h *counter) OnData(_ loop.Conn, in []byte) int { h.n += len(in); return len(in) }

func TestIdleConnectionIsSmall(t *testing.T) {
	const most = 512
	limit, e := sys.NewHost().DescriptorLimit()
	if e != 0 {
		t.Fatal(e)
	}
	conns := min(2000, int(min(limit, 1<<20))/2-200)
	s := step(t, loop.Config{MaxConns: conns}, nil, tcpAddr, func(loop.Conn) loop.Handler { return &counter{} })
	to := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: int(s.lis.Addr().AddrPort().Port())}
	fds := make([]int, 0, conns)
	t.Cleanup(func() {
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
	})
	before := heap()
	buf := make([]byte, 100)
	for range conns {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		must(t, err)
		fds = append(fds, fd)
		must(t, unix.Connect(fd, to))
		_, err = unix.Write(fd, buf) // they have been used, and are idle now
		must(t, err)
		s.turn()
		s.turn()
	}
	if st := s.l.StatsNow(); st.Conns != uint64(conns) || st.BytesIn != uint64(conns*len(buf)) {
		t.Fatalf("%d connections, %d bytes", st.Conns, st.BytesIn)
	}
	each := (heap() - before) / int64(conns)
	t.Logf("%d bytes of heap a connection", each)
	if each > most {
		t.Errorf("%d bytes of heap a connection, want at most %d", each, most)
	}
	runtime.KeepAlive(s)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
