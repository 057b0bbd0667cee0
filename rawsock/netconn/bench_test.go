package netconn_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock/netconn"
)

// world is a way to make sockets.
type world struct {
	name   string
	listen func() (net.Listener, error)
	dial   func(address string) (net.Conn, error)
	packet func() (datagrams, error)
}

// datagrams are the calls on a UDP socket, and its address.
type datagrams struct {
	read  func(p []byte) (int, netip.AddrPort, error)
	write func(p []byte, to netip.AddrPort) (int, error)
	self  netip.AddrPort
	io.Closer
}

var worlds = [2]world{
	{
		"net",
		func() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") },
		func(address string) (net.Conn, error) { return net.Dial("tcp", address) },
		func() (datagrams, error) {
			c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			return datagrams{c.ReadFromUDPAddrPort, c.WriteToUDPAddrPort, c.LocalAddr().(*net.UDPAddr).AddrPort(), c}, err
		},
	},
	{
		"netconn",
		func() (net.Listener, error) {
			return netconn.ListenConfig{}.Listen(context.Background(), "tcp", "127.0.0.1:0")
		},
		func(address string) (net.Conn, error) {
			return netconn.DialConfig{}.DialContext(context.Background(), "tcp", address)
		},
		func() (datagrams, error) {
			c, err := netconn.ListenConfig{}.ListenPacket(context.Background(), "udp", "127.0.0.1:0")
			return datagrams{c.ReadFromAddrPort, c.WriteToAddrPort, c.LocalAddrPort(), c}, err
		},
	},
}

// echoes sends messages of size bytes over conns connections, each when the one
// before has come back, until more returns false, and returns how many there were.
func (w world) echoes(t testing.TB, size, conns int, more func() bool) int64 {
	l := must(w.listen())(t)
	var servers, clients sync.WaitGroup
	servers.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			servers.Go(func() { defer c.Close(); echoAll(c, size) })
		}
	})
	var n atomic.Int64
	for range conns {
		c := must(w.dial(l.Addr().String()))(t)
		clients.Go(func() {
			defer c.Close()
			buf := make([]byte, size)
			for more() {
				if _, err := c.Write(buf); err != nil {
					t.Error(err)
					return
				}
				if _, err := io.ReadFull(c, buf); err != nil {
					t.Error(err)
					return
				}
				n.Add(1)
			}
		})
	}
	clients.Wait()
	l.Close()
	servers.Wait()
	return n.Load()
}

func echoAll(c net.Conn, size int) {
	for buf := make([]byte, size); ; {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

// datagrams sends datagrams of 64 bytes to itself.
func (w world) datagrams(t testing.TB, more func() bool) (n int64) {
	c := must(w.packet())(t)
	defer c.Close()
	buf := make([]byte, 64)
	for more() {
		if _, err := c.write(buf, c.self); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.read(buf); err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// load is something to measure.
type load struct {
	name string
	run  func(w world, t testing.TB, more func() bool) int64
}

func loads() (all []load) {
	for _, size := range []int{64, 16 << 10} {
		for _, conns := range []int{1, 100} {
			all = append(all, load{fmt.Sprintf("echo/%dB/%dconns", size, conns), func(w world, t testing.TB, more func() bool) int64 {
				return w.echoes(t, size, conns, more)
			}})
		}
	}
	return append(all, load{"udp/64B", func(w world, t testing.TB, more func() bool) int64 { return w.datagrams(t, more) }})
}

func BenchmarkBesideNet(b *testing.B) {
	for _, l := range loads() {
		for _, w := range worlds {
			b.Run(l.name+"/"+w.name, func(b *testing.B) {
				b.ReportAllocs()
				left := int64(b.N)
				l.run(w, b, func() bool { return atomic.AddInt64(&left, -1) >= 0 })
			})
		}
	}
}

var beside = flag.Int("beside", 0, "how many rounds to measure beside package net")

// TestBesideNet measures both in turn, so that what else the machine does meets both:
//
//	go test ./rawsock/netconn -run TestBesideNet -beside 7 -v
//
// The first ratio is of messages a second, and wants to be high; the second of CPU
// time a message, and wants to be low.
func TestBesideNet(t *testing.T) {
	if *beside == 0 {
		t.Skip("a measurement: -beside 7")
	}
	for _, l := range loads() {
		t.Run(l.name, func(t *testing.T) { l.beside(t, *beside) })
	}
}

func (l load) beside(t *testing.T, rounds int) {
	const each = 500 * time.Millisecond
	var rate, cpu [2]sample
	for round := range rounds {
		for i := range worlds {
			i = (i + round) % len(worlds) // who is first takes turns too
			start, used := time.Now(), cpuTime(t)
			n := float64(l.run(worlds[i], t, func() bool { return time.Since(start) < each }))
			rate[i] = append(rate[i], n/each.Seconds())
			cpu[i] = append(cpu[i], float64(cpuTime(t)-used)/n)
		}
	}
	t.Logf("%8.0f messages/s, %v of package net; %5.0f ns of CPU a message, %v",
		rate[1].median(), rate[1].over(rate[0]), cpu[1].median(), cpu[1].over(cpu[0]))
}

// sample is what the rounds gave.
type sample []float64

func (s sample) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	return sorted[len(sorted)/2]
}

// over is the ratio of each round: its median, and from where to where it goes.
func (s sample) over(of sample) string {
	var r sample
	for i := range s {
		r = append(r, s[i]/of[i])
	}
	return fmt.Sprintf("%.3f (%.3f to %.3f)", r.median(), slices.Min(r), slices.Max(r))
}

func cpuTime(t testing.TB) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
