package loop

import (
	"fmt"
	"testing"

	"github.com/rawloop/rawloop/internal/sys"
)

// freeKernel is the host, but waiting and data calls cost nothing: what a
// benchmark over it measures is the loop itself.
type freeKernel struct {
	*sys.Host
	ready []sys.EpollEvent
}

func (k *freeKernel) EpollWait(_ int, events []sys.EpollEvent, _ int) (int, sys.Errno) {
	return copy(events, k.ready), 0
}

func (*freeKernel) Recv(_ int, p []byte) (int, sys.Errno) { return 64, 0 }
func (*freeKernel) Send(_ int, p []byte) (int, sys.Errno) { return len(p), 0 }

type echoHandler struct{ Base }

func (echoHandler) OnData(c Conn, in []byte) int {
	c.Write(in) //nolint:errcheck
	return len(in)
}

// BenchmarkOverhead is the loop's own work for turns of 1, 16 and 100 echoes of
// 64 bytes: events to dispatch, handlers to call, answers to hand over.
func BenchmarkOverhead(b *testing.B) {
	var k *freeKernel // the last one made is the loop's
	g, err := newGroup(Config{BusyPoll: -1}, func() sys.Kernel {
		k = &freeKernel{Host: sys.NewHost()}
		return k
	})
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
	for _, width := range []int{1, 16, 100} {
		k.ready = make([]sys.EpollEvent, width)
		for i := range k.ready {
			k.ready[i].Events = sys.EPOLLIN | sys.EPOLLOUT
			sys.SetToken(&k.ready[i], token(1, uint32(i)))
		}
		b.Run(fmt.Sprint(width), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := l.Step(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*width), "ns/event")
		})
	}
}
