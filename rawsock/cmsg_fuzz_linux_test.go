package rawsock_test

import (
	"bytes"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// rebuilt builds a message again from what its reader read.
func rebuilt[T any](read func(rawsock.Cmsg) (T, bool), build func([]byte, T) []byte) func(rawsock.Cmsg) ([]byte, bool) {
	return func(m rawsock.Cmsg) ([]byte, bool) {
		v, ok := read(m)
		if !ok {
			return nil, false
		}
		return build(nil, v), true
	}
}

// roundTrips are the kinds that can be both sent and received.
var roundTrips = []func(rawsock.Cmsg) ([]byte, bool){
	rebuilt(rawsock.Cmsg.Pktinfo4, rawsock.AppendPktinfo4),
	rebuilt(rawsock.Cmsg.Pktinfo6, rawsock.AppendPktinfo6),
	rebuilt(rawsock.Cmsg.TTL, rawsock.AppendTTL),
	rebuilt(rawsock.Cmsg.HopLimit, rawsock.AppendHopLimit),
	rebuilt(rawsock.Cmsg.TrafficClass, rawsock.AppendTrafficClass),
	rebuilt(rawsock.Cmsg.Flowinfo, rawsock.AppendFlowinfo),
	rebuilt(rawsock.Cmsg.Credentials, rawsock.AppendCredentials),
	rebuilt(rawsock.Cmsg.Mark, rawsock.AppendMark),
	rebuilt(rawsock.Cmsg.Priority, rawsock.AppendPriority),
}

// FuzzCmsgReaders: no reader panics or reads beyond the data, and what it read
// and can be built again is the same message.
func FuzzCmsgReaders(f *testing.F) {
	for name, b := range builtMessages() {
		m := collect(b)[0]
		if name != "rights" {
			f.Add(m.Level, m.Type, m.Data)
		}
		f.Add(m.Level, m.Type, m.Data[:len(m.Data)-1])
	}
	ee := append(make([]byte, 16), loopback6(1).Bytes()...)
	f.Add(unix.SOL_IPV6, unix.IPV6_RECVERR, ee)
	f.Add(unix.SOL_IP, unix.IP_RECVERR, append(ee, make([]byte, 200)...))
	f.Add(unix.SOL_SOCKET, unix.SO_TIMESTAMPING_NEW, make([]byte, 48))
	readers := messageReaders()
	f.Fuzz(func(t *testing.T, level, typ int, data []byte) {
		m := rawsock.Cmsg{Level: int(int32(level)), Type: int(int32(typ)), Data: data[:len(data):len(data)]}
		for name, r := range readers {
			if name != "Rights" { // its test wants three of them
				r.read(m)
			}
		}
		want := rawsock.AppendCmsg(nil, level, typ, data)
		for _, trip := range roundTrips {
			if got, ok := trip(m); ok && !bytes.Equal(got, want) {
				t.Errorf("% x became % x", want, got)
			}
		}
		if e, ok := m.ExtendedErr(); ok && !e.Offender.IsZero() && !bytes.HasPrefix(data[16:], e.Offender.Bytes()) {
			t.Errorf("offender % x of % x", e.Offender.Bytes(), data)
		}
		if context, ok := m.Security(); ok && !bytes.Equal(context, data) {
			t.Errorf("context % x of % x", context, data)
		}
	})
}
