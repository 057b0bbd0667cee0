package rawsock_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Each message of a batch has its own control messages, cut ones included.
func TestControlMessagesOfABatch(t *testing.T) {
	udp, name := bound(t, unix.SOCK_DGRAM, loopback(0))
	enable(t, udp, unix.SOL_IP, unix.IP_RECVTTL)
	const n = 4
	out, in := rawsock.NewBatch(n), rawsock.NewBatch(n)
	for i := range n {
		out.SetName(i, name)
		out.SetBuffers(i, []byte("x"))
		out.SetControl(i, rawsock.AppendTTL(nil, 10+i))
		in.SetBuffers(i, make([]byte, 8))
		in.SetControl(i, rawsock.NewControl(4))
	}
	cut, err := rawsock.CmsgLen(2)
	check(t, err)
	in.SetControl(n-1, make([]byte, cut))
	wantNoAllocs(t, "sendmmsg recvmmsg", func() error {
		_, err := udp.Sendmmsg(out, 0)
		_, err2 := udp.Recvmmsg(in, 0, nil)
		for i := range n {
			for m := range in.Cmsgs(i) {
				ttl, ok := m.TTL()
				if whole := i < n-1; m.Truncated == whole || ok != whole || whole && ttl != 10+i {
					t.Errorf("message %d: %+v", i, m)
				}
			}
		}
		return firstOf(err, err2)
	})
}

// received is control data such as a server of datagrams asks for.
func received() []byte {
	b := rawsock.AppendPktinfo4(nil, rawsock.Pktinfo4{Ifindex: 1, Addr: [4]byte{127, 0, 0, 1}})
	b = rawsock.AppendTTL(b, 64)
	b = rawsock.AppendTOS(b, 0)
	return rawsock.AppendCmsg(b, unix.SOL_UDP, unix.UDP_GRO, []byte{0xc0, 5, 0, 0})
}

func BenchmarkCmsgRead(b *testing.B) {
	control := received()
	b.Run("rawsock", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			found := 0
			for m := range rawsock.Cmsgs(control) {
				if info, ok := m.Pktinfo4(); ok {
					found += int(info.Ifindex)
				} else if size, ok := m.UDPGRO(); ok {
					found += size
				}
			}
			if found == 0 {
				b.Fatal("nothing found")
			}
		}
	})
	b.Run("x/sys", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			msgs, err := unix.ParseSocketControlMessage(control)
			if err != nil {
				b.Fatal(err)
			}
			found := 0
			for _, m := range msgs {
				switch {
				case m.Header.Level == unix.SOL_IP && m.Header.Type == unix.IP_PKTINFO:
					found += int(m.Data[0])
				case m.Header.Level == unix.SOL_UDP && m.Header.Type == unix.UDP_GRO:
					found += int(m.Data[0]) | int(m.Data[1])<<8
				}
			}
			if found == 0 {
				b.Fatal("nothing found")
			}
		}
	})
}

func BenchmarkCmsgBuild(b *testing.B) {
	b.Run("rawsock", func(b *testing.B) {
		b.ReportAllocs()
		room := make([]byte, 0, 64)
		for b.Loop() {
			rawsock.AppendPktinfo4(room, rawsock.Pktinfo4{Ifindex: 1})
		}
	})
	b.Run("x/sys", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			unix.PktInfo4(&unix.Inet4Pktinfo{Ifindex: 1})
		}
	})
}
