package rawsock_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func TestOptionSetAndGet(t *testing.T) { // D12, E12, E16
	fd := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	for _, on := range []bool{true, false} {
		check(t, rawsock.TCPNoDelay.Set(fd, on))
		got, err := rawsock.TCPNoDelay.Get(fd)
		check(t, err)
		if got != on {
			t.Errorf("TCP_NODELAY is %t, want %t", got, on)
		}
	}
	typ, err := fd.SockType()
	check(t, err)
	if typ != unix.SOCK_STREAM {
		t.Errorf("SO_TYPE is %d, want %d", typ, unix.SOCK_STREAM)
	}
	pending, err := fd.SockError()
	check(t, err)
	check(t, pending)
	wantErrno(t, rawsock.SOKeepAlive.Set(-1, true), unix.EBADF)
	_, err = rawsock.SOLinger.Get(-1)
	wantErrno(t, err, unix.EBADF)
}

// A value that the option's type in C cannot hold never reaches the kernel as
// another one.
func TestOptionValuesThatDoNotFit(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	for name, err := range map[string]error{
		"half a second":    rawsock.TCPLinger2.Set(fd, 1500*time.Millisecond),
		"a nanosecond":     rawsock.SORcvTimeo.Set(fd, time.Nanosecond),
		"negative time":    rawsock.SORcvTimeo.Set(fd, -time.Second),
		"too many seconds": rawsock.TCPKeepIdle.Set(fd, (1<<32+60)*time.Second),
	} {
		if err != error(unix.EINVAL) {
			t.Errorf("%s: %v, want EINVAL", name, err)
		}
	}
}

// A rate is the int that every kernel takes as long as it fits.
func TestPacingRateIsShort(t *testing.T) {
	for rate, want := range map[uint64][]byte{
		1000:               binary.NativeEndian.AppendUint32(nil, 1000),
		math.MaxUint32 - 1: binary.NativeEndian.AppendUint32(nil, math.MaxUint32-1),
		math.MaxUint32:     binary.NativeEndian.AppendUint64(nil, math.MaxUint32),
		5 << 32:            binary.NativeEndian.AppendUint64(nil, 5<<32),
		math.MaxUint64:     binary.NativeEndian.AppendUint32(nil, math.MaxUint32),
	} {
		got, err := rawsock.SOMaxPacingRate.AppendTo(nil, rate)
		check(t, err)
		if back, err := rawsock.SOMaxPacingRate.Decode(got); !bytes.Equal(got, want) || back != rate || err != nil {
			t.Errorf("%d is % x, want % x; and back it is %d, %v", rate, got, want, back, err)
		}
	}
}

func TestOptionName(t *testing.T) {
	for _, tt := range []struct {
		level, number int
		want          string
	}{
		{unix.IPPROTO_TCP, unix.TCP_NODELAY, "TCP_NODELAY"},
		{unix.SOL_SOCKET, unix.SO_REUSEADDR, "SO_REUSEADDR"},
		{unix.IPPROTO_IP, unix.IP_TTL, "IP_TTL"},
		{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, "IPV6_V6ONLY"},
		{unix.SOL_SOCKET, 0x7ffffff0, ""},
		{0x7ffffff0, 1, ""},
		{unix.IPPROTO_TCP, -1, ""},
	} {
		if got := rawsock.OptionName(tt.level, tt.number); got != tt.want {
			t.Errorf("OptionName(%d, %d) = %q, want %q", tt.level, tt.number, got, tt.want)
		}
	}
	if got := rawsock.LevelName(unix.SOL_SOCKET); got != "SOL_SOCKET" {
		t.Errorf("LevelName(SOL_SOCKET) = %q", got)
	}
}
