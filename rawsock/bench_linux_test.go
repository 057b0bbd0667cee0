package rawsock_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// The benchmarks send datagrams to a socket on loopback and receive them on the
// same goroutine, each in the ways that this package, x/sys and net have.
//
//	go test -run '^$' -bench Datagram -benchmem ./rawsock

// small and large are the sizes of the datagrams: a short question, and what QUIC
// sends.
const (
	small = 64
	large = 1200
)

// udpThrice is one socket, as each of the three ways has it.
type udpThrice struct {
	fd   rawsock.FD
	addr rawsock.Sockaddr
	to   unix.Sockaddr
	conn *net.UDPConn
	ap   netip.AddrPort // of conn
}

func newUDPThrice(b *testing.B) *udpThrice {
	b.Helper()
	s := &udpThrice{}
	s.fd, s.addr = bound(b, unix.SOCK_DGRAM, loopback(0))
	s.to = &unix.SockaddrInet4{Port: int(s.addr.AddrPort().Port()), Addr: [4]byte{127, 0, 0, 1}}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	check(b, err)
	b.Cleanup(func() { conn.Close() })
	s.conn, s.ap = conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return s
}

// measure runs step, which moves n datagrams, b.N times.
func measure(b *testing.B, name string, n int, step func() error) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := step(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "datagrams/s")
	})
}

func BenchmarkDatagramWithAddress(b *testing.B) {
	s := newUDPThrice(b)
	p := make([]byte, small)
	measure(b, "rawsock", 1, func() error {
		_, err := s.fd.Sendto(p, 0, s.addr)
		_, _, err2 := s.fd.Recvfrom(p, 0)
		return firstOf(err, err2)
	})
	measure(b, "x-sys", 1, func() error {
		err := unix.Sendto(int(s.fd), p, 0, s.to)
		_, _, err2 := unix.Recvfrom(int(s.fd), p, 0)
		return firstOf(err, err2)
	})
	measure(b, "net", 1, func() error {
		_, err := s.conn.WriteToUDPAddrPort(p, s.ap)
		_, _, err2 := s.conn.ReadFromUDPAddrPort(p)
		return firstOf(err, err2)
	})
}

func BenchmarkDatagramWithControl(b *testing.B) {
	s := newUDPThrice(b)
	p := make([]byte, small)
	check(b, s.fd.SetsockoptInt(unix.IPPROTO_IP, unix.IP_RECVTTL, 1))
	raw, err := s.conn.SyscallConn()
	check(b, err)
	check(b, raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVTTL, 1) }))
	ttl := rawsock.AppendCmsg(nil, unix.IPPROTO_IP, unix.IP_TTL, binary.NativeEndian.AppendUint32(nil, 7))
	room := make([]byte, 64)
	out := &rawsock.Msghdr{Name: s.addr, Buffers: [][]byte{p}, Control: ttl}
	in := &rawsock.Msghdr{Buffers: [][]byte{p}, Control: room}
	measure(b, "rawsock", 1, func() error {
		_, err := s.fd.Sendmsg(out, 0)
		in.Control = room
		_, err2 := s.fd.Recvmsg(in, 0)
		return firstOf(err, err2)
	})
	measure(b, "x-sys", 1, func() error {
		_, err := unix.SendmsgN(int(s.fd), p, ttl, s.to, 0)
		_, _, _, _, err2 := unix.Recvmsg(int(s.fd), p, room, 0)
		return firstOf(err, err2)
	})
	measure(b, "net", 1, func() error {
		_, _, err := s.conn.WriteMsgUDPAddrPort(p, ttl, s.ap)
		_, _, _, _, err2 := s.conn.ReadMsgUDPAddrPort(p, room)
		return firstOf(err, err2)
	})
}

func BenchmarkDatagramBatch(b *testing.B) {
	const n = 32
	s := newUDPThrice(b)
	p := make([]byte, small)
	out, in := batchOf(n, small), batchOf(n, small)
	for i := range n {
		out.SetName(i, s.addr)
	}
	measure(b, "rawsock", n, func() error {
		sent, err := s.fd.Sendmmsg(out, 0)
		got, err2 := s.fd.Recvmmsg(in, 0, nil)
		return firstOf(err, err2, wantCount(sent, n), wantCount(got, n))
	})
	measure(b, "x-sys", n, func() error {
		for range n {
			if err := unix.Sendto(int(s.fd), p, 0, s.to); err != nil {
				return err
			}
		}
		for range n {
			if _, _, err := unix.Recvfrom(int(s.fd), p, 0); err != nil {
				return err
			}
		}
		return nil
	})
	measure(b, "net", n, func() error { return s.overNet(p, n) })
}

// overNet sends and receives n datagrams, one call each, which is how net does.
func (s *udpThrice) overNet(p []byte, n int) error {
	for range n {
		if _, err := s.conn.WriteToUDPAddrPort(p, s.ap); err != nil {
			return err
		}
	}
	for range n {
		if _, _, err := s.conn.ReadFromUDPAddrPort(p); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkDatagramSegments sends many datagrams to one destination as one
// buffer that the kernel cuts (UDP_SEGMENT, Linux 4.18), and receives them one by
// one, or joined again (UDP_GRO, Linux 5.0).
func BenchmarkDatagramSegments(b *testing.B) {
	for _, c := range []struct {
		name    string
		size, n int
	}{{"64B", small, 64}, {"1200B", large, 50}} {
		b.Run(c.name, func(b *testing.B) {
			s := newUDPThrice(b)
			segment := rawsock.AppendCmsg(nil, unix.SOL_UDP, unix.UDP_SEGMENT, binary.NativeEndian.AppendUint16(nil, uint16(c.size)))
			out := &rawsock.Msghdr{Name: s.addr, Buffers: [][]byte{make([]byte, c.size*c.n)}, Control: segment}
			in := batchOf(c.n, c.size)
			measure(b, "rawsock", c.n, func() error {
				_, err := s.fd.Sendmsg(out, 0)
				got, err2 := s.fd.Recvmmsg(in, 0, nil)
				return firstOf(err, err2, wantCount(got, c.n))
			})
			joined := &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 1<<16)}, Control: make([]byte, 64)}
			check(b, s.fd.SetsockoptInt(unix.SOL_UDP, unix.UDP_GRO, 1))
			measure(b, "rawsock GRO", c.n, func() error {
				_, err := s.fd.Sendmsg(out, 0)
				joined.Control = joined.Control[:cap(joined.Control)]
				got, err2 := s.fd.Recvmsg(joined, 0)
				return firstOf(err, err2, wantCount(got, c.n*c.size))
			})
			p := make([]byte, c.size)
			measure(b, "net", c.n, func() error { return s.overNet(p, c.n) })
		})
	}
}

// wantCount is EMSGSIZE if a call moved less than all.
func wantCount(got, want int) error {
	if got != want {
		return unix.EMSGSIZE
	}
	return nil
}
