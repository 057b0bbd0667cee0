package rawsock_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func TestOptionsDoNotAllocate(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	buf := make([]byte, 0, 64)
	wantNoAllocs(t, "bool", func() error {
		_, err := rawsock.TCPNoDelay.Get(fd)
		return firstOf(err, rawsock.TCPNoDelay.Set(fd, true))
	})
	wantNoAllocs(t, "duration", func() error {
		_, err := rawsock.SORcvTimeo.Get(fd)
		return firstOf(err, rawsock.SORcvTimeo.Set(fd, time.Second))
	})
	wantNoAllocs(t, "struct", func() error {
		_, err := rawsock.SOLinger.Get(fd)
		return firstOf(err, rawsock.SOLinger.Set(fd, rawsock.Linger{Onoff: 1}))
	})
	wantNoAllocs(t, "append decode", func() error {
		b, err := rawsock.SOLinger.AppendTo(buf, rawsock.Linger{Onoff: 1, Linger: 2})
		v, err2 := rawsock.SOLinger.Decode(b)
		if v.Linger != 2 {
			return unix.EINVAL
		}
		return firstOf(err, err2)
	})
}
