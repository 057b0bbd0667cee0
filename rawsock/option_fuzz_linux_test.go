package rawsock_test

import (
	"bytes"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// roundTrip decodes b, and encodes and decodes again what came out: it must be
// the same value. Anything but EINVAL is no way to refuse bytes.
func roundTrip[T comparable](t *testing.T, o rawsock.Option[T], b []byte) {
	t.Helper()
	v, err := o.Decode(b)
	if err != nil {
		wantErrno(t, err, unix.EINVAL)
		return
	}
	again, err := o.AppendTo([]byte("before"), v)
	if err != nil { // such as a negative time, which is no time to set
		wantErrno(t, err, unix.EINVAL)
		if string(again) != "before" {
			t.Errorf("%s: an error, and % x", o.Info().Name, again)
		}
		return
	}
	if !bytes.HasPrefix(again, []byte("before")) {
		t.Errorf("%s: appended to nothing", o.Info().Name)
	}
	if w, err := o.Decode(again[len("before"):]); err != nil || w != v {
		t.Errorf("%s: % x is %v, and encoded again %v, %v", o.Info().Name, b, v, w, err)
	}
}

// decodes reads b, and never panics.
func decodes[T any](t *testing.T, o rawsock.ReadOption[T], b []byte) T {
	t.Helper()
	v, err := o.Decode(b)
	if err != nil {
		wantErrno(t, err, unix.EINVAL)
	}
	return v
}

// Bytes of any length and content are decoded or refused.
func FuzzOptionBytes(f *testing.F) {
	for _, n := range []int{0, 1, 2, 3, 4, 7, 8, 12, 16, 20, 32, 36, 96, 192, 232, 280, 300} {
		f.Add(bytes.Repeat([]byte{0xff}, n))
		f.Add(make([]byte, n))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, o := range []rawsock.Option[bool]{rawsock.TCPNoDelay, rawsock.IPMulticastLoop} {
			roundTrip(t, o, b)
		}
		for _, o := range []rawsock.Option[int]{rawsock.IPTTL, rawsock.IPMulticastTTL, rawsock.IPUnicastIf} {
			roundTrip(t, o, b)
		}
		for _, o := range []rawsock.Option[time.Duration]{
			rawsock.TCPKeepIdle, rawsock.TCPUserTimeout, rawsock.SOBusyPoll, rawsock.SORcvTimeo, rawsock.SORcvTimeoNew,
		} {
			if v, err := o.Decode(b); err == nil && v > 0 {
				roundTrip(t, o, b)
			}
		}
		for _, o := range []rawsock.Option[string]{rawsock.TCPCongestion, rawsock.SOBindToDevice} {
			roundTrip(t, o, b)
		}
		roundTrip(t, rawsock.SOMark, b)
		roundTrip(t, rawsock.SOMaxPacingRate, b)
		roundTrip(t, rawsock.SOLinger, b)
		roundTrip(t, rawsock.SOTimestamping, b)
		roundTrip(t, rawsock.SOTxTime, b)
		roundTrip(t, rawsock.IPLocalPortRange, b)
		roundTrip(t, rawsock.IPMulticastIf, b)
		roundTrip(t, rawsock.TCPRepairWindow, b)
		roundTrip(t, rawsock.ICMPv6Filter, b)
		roundTrip(t, rawsock.PacketFanout, b)
		decodes(t, rawsock.SOError, b)
		decodes(t, rawsock.SOPeerCred, b)
		decodes(t, rawsock.SOMemInfo, b)
		decodes(t, rawsock.SOCookie, b)
		decodes(t, rawsock.IPv6PathMTU, b)
		decodes(t, rawsock.PacketStatistics, b)
		decodes(t, rawsock.XDPMmapOffsets, b)
		decodes(t, rawsock.MPTCPInfo, b)
		if info := decodes(t, rawsock.TCPInfo, b); info.Size > len(b) {
			t.Errorf("%d bytes of %d", info.Size, len(b))
		}
		rawsock.TCPStateName(uint8(len(b)))
		cc := decodes(t, rawsock.TCPCCInfo, b)
		if _, ok := cc.BBR(); ok != (len(b) >= 20) {
			t.Errorf("bbr %t of %d bytes", ok, len(b))
		}
		cc.Vegas()
		cc.DCTCP()
	})
}
