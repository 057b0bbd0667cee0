package loop

import (
	"testing"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller"
)

// idleKernel is the host, but data calls cost nothing: what a benchmark over it
// measures is the loop itself.
type idleKernel struct{ *sys.Host }

func (idleKernel) Recv(_ int, p []byte) (int, sys.Errno) { return 64, 0 }
func (idleKernel) Send(_ int, p []byte) (int, sys.Errno) { return len(p), 0 }

type echoHandler struct{ Base }

func (echoHandler) OnData(c Conn, in []byte) int {
	c.Write(in) //nolint:errcheck
	return len(in)
}

// BenchmarkOverhead is the loop's own work for an echo of 64 bytes: an event to
// dispatch, a handler to call, its answer to hand over.
func BenchmarkOverhead(b *testing.B) {
	g, err := newGroup(Config{}, func() sys.Kernel { return idleKernel{sys.NewHost()} })
	if err != nil {
		b.Fatal(err)
	}
	defer g.Close() //nolint:errcheck
	l := g.loops[0]
	lis := &Listener{g: g, newHandler: func(Conn) Handler { return echoHandler{} }, flags: tcp}
	for range 100 {
		fd, e := l.k.Socket(1, 1, 0)
		if e != 0 {
			b.Fatal(e)
		}
		l.g.conns.Add(1)
		l.open(lis, fd, nil)
	}
	for i := range 100 {
		l.events[i] = poller.Event{Token: token(1, uint32(i)), Ready: poller.Readable | poller.Writable}
	}
	b.ReportAllocs()
	for b.Loop() {
		l.got = 100
		l.phase(true, (*Loop).dispatch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/event")
}
