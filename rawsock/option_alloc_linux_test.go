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
	wantNoAllocs(t, "numbers", func() error {
		_, err := rawsock.SOCookie.Get(fd)
		_, err2 := rawsock.SOError.Get(fd)
		_, err3 := rawsock.IPTTL.Get(fd)
		return firstOf(err, err2, err3, rawsock.IPTTL.Set(fd, 64), rawsock.SOMaxPacingRate.Set(fd, 1<<40), rawsock.TCPNotSentLowat.Set(fd, 1))
	})
	wantNoAllocs(t, "text to set", func() error { return rawsock.TCPCongestion.Set(fd, "reno") })
	wantNoAllocs(t, "tcp_info", func() error {
		info, err := rawsock.TCPInfo.Get(fd)
		if !info.Has(rawsock.TCPInfoSegsIn) {
			return unix.EINVAL
		}
		return err
	})
	wantNoAllocs(t, "bytes", func() error {
		_, err := rawsock.IPOptions.Get(fd, buf[:cap(buf)])
		return firstOf(err, rawsock.IPOptions.Set(fd, nil))
	})
	udp := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	wantNoAllocs(t, "group", func() error {
		return firstOf(rawsock.IPAddMembership.Set(udp, onLo), rawsock.IPDropMembership.Set(udp, onLo),
			rawsock.IPMcastJoinGroup.Set(udp, groupOf4), rawsock.IPMcastBlockSource.Set(udp, sourceOf4), rawsock.IPMcastLeaveGroup.Set(udp, groupOf4))
	})
	wantNoAllocs(t, "name", func() error {
		if rawsock.OptionName(unix.SOL_XDP, unix.XDP_OPTIONS) == "" || rawsock.LevelName(unix.SOL_XDP) == "" {
			return unix.EINVAL
		}
		return nil
	})
	wantNoAllocs(t, "what the kernel does not see", func() error {
		if rawsock.SORcvTimeo.Set(fd, -1) != error(unix.EINVAL) {
			return unix.EINVAL
		}
		return nil
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
