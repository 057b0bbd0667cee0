package rawsock_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// optionTwin sets an option, in Python with the value's expression, and reads it.
// Names of options that Python lacks are in its namespace all the same.
func optionTwin[T any](o rawsock.Option[T], domain, typ int, value string, v T) twin {
	info := o.Info()
	read := fmt.Sprintf("s.getsockopt(%d, %d)", info.Level, info.Number)
	if b, err := o.AppendTo(nil, v); err == nil && len(b) != 4 {
		read = fmt.Sprintf("s.getsockopt(%d, %d, %d)", info.Level, info.Number, len(b))
	}
	return twin{
		name: info.Name, only: "setsockopt getsockopt",
		python: fmt.Sprintf("s = socket(%d, %d)\ns.setsockopt(%d, %d, %s)\n%s\ns.close()", domain, typ, info.Level, info.Number, value, read),
		ours: func() {
			fd, _ := rawsock.Socket(domain, typ|unix.SOCK_CLOEXEC, 0)
			if o.Set(fd, v) == nil {
				o.Get(fd)
			}
			fd.Close()
		},
	}
}

func setTwin[T any](o rawsock.WriteOption[T], domain, typ int, value string, v T) twin {
	info := o.Info()
	return twin{
		name: info.Name, only: "setsockopt",
		python: fmt.Sprintf("s = socket(%d, %d)\ns.setsockopt(%d, %d, %s)\ns.close()", domain, typ, info.Level, info.Number, value),
		ours: func() {
			fd, _ := rawsock.Socket(domain, typ|unix.SOCK_CLOEXEC, 0)
			o.Set(fd, v)
			fd.Close()
		},
	}
}

// What Python's setsockopt hands to the kernel for an option is what Set does: E1
// to E16, in the forms int and bytes of D12.
func TestOptionsAgainstPython(t *testing.T) {
	const tcp, udp = unix.SOCK_STREAM, unix.SOCK_DGRAM
	twins := []twin{}
	for _, o := range []rawsock.Option[bool]{
		rawsock.SOReuseAddr, rawsock.SOReusePort, rawsock.SOKeepAlive, rawsock.SOBroadcast, rawsock.SODontRoute, rawsock.SOOOBInline,
		rawsock.SODebug, rawsock.IPTransparent, rawsock.IPBindAddressNoPort, rawsock.IPMulticastLoop, rawsock.TCPNoDelay,
		rawsock.TCPCork, rawsock.TCPQuickAck,
	} {
		twins = append(twins, optionTwin(o, unix.AF_INET, tcp, "1", true), optionTwin(o, unix.AF_INET, tcp, "0", false))
	}
	for _, o := range []rawsock.Option[bool]{
		rawsock.IPv6V6Only, rawsock.IPv6MulticastLoop, rawsock.IPv6RecvPktInfo, rawsock.IPv6RecvHopLimit, rawsock.IPv6RecvTClass,
		rawsock.IPv6RecvRthdr, rawsock.IPv6RecvHopOpts, rawsock.IPv6RecvDstOpts, rawsock.IPv6RecvPathMTU, rawsock.IPv6DontFrag,
	} {
		twins = append(twins, optionTwin(o, unix.AF_INET6, udp, "1", true))
	}
	for value, o := range map[int]rawsock.Option[int]{
		4096: rawsock.SOSndBuf, 8192: rawsock.SORcvBuf, 2: rawsock.SORcvLowat, 6: rawsock.SOPriority, 1: rawsock.SOIncomingCPU,
		0xb8: rawsock.IPTOS, 77: rawsock.IPTTL, 32: rawsock.IPMulticastTTL, 1000: rawsock.TCPMaxSeg, 3: rawsock.TCPKeepCnt,
		4: rawsock.TCPSynCnt, 65536: rawsock.TCPWindowClamp, 5: rawsock.TCPFastOpen,
	} {
		twins = append(twins, optionTwin(o, unix.AF_INET, tcp, fmt.Sprint(value), value))
	}
	for value, o := range map[int]rawsock.Option[int]{
		64: rawsock.IPv6UnicastHops, 33: rawsock.IPv6MulticastHops, 1: rawsock.IPv6MulticastIf, 0x28: rawsock.IPv6TClass,
	} {
		twins = append(twins, optionTwin(o, unix.AF_INET6, udp, fmt.Sprint(value), value))
	}
	for value, o := range map[int]rawsock.Option[time.Duration]{
		30: rawsock.TCPKeepIdle, 7: rawsock.TCPKeepIntvl, 9: rawsock.TCPLinger2, 3: rawsock.TCPDeferAccept,
	} {
		twins = append(twins, optionTwin(o, unix.AF_INET, tcp, fmt.Sprint(value), time.Duration(value)*sec))
	}
	// Both processes must have the same order, which maps have not.
	slices.SortFunc(twins, func(a, b twin) int { return strings.Compare(a.python, b.python) })
	sameAsPython(t, append(twins,
		optionTwin(rawsock.TCPUserTimeout, unix.AF_INET, tcp, "1500", 1500*ms),
		optionTwin(rawsock.TCPNotSentLowat, unix.AF_INET, tcp, "16384", 16384),
		optionTwin(rawsock.SOMark, unix.AF_INET, udp, "77", 77),
		optionTwin(rawsock.SOLinger, unix.AF_INET, tcp, `struct.pack("ii", 1, 7)`, rawsock.Linger{Onoff: 1, Linger: 7}),
		optionTwin(rawsock.IPMulticastIf, unix.AF_INET, udp, `inet_aton("127.0.0.1")`, rawsock.IPMreqn{Address: loop4}),
		setTwin(rawsock.IPAddMembership, unix.AF_INET, udp, `inet_aton("239.1.2.3") + inet_aton("127.0.0.1")`, onLo),
		setTwin(rawsock.IPAddMembership, unix.AF_INET, udp, `struct.pack("4s4si", inet_aton("239.1.2.3"), bytes(4), 1)`, onLoIndex),
		setTwin(rawsock.IPDropMembership, unix.AF_INET, udp, `inet_aton("239.1.2.3") + inet_aton("127.0.0.1")`, onLo),
		setTwin(rawsock.IPv6JoinGroup, unix.AF_INET6, udp, `inet_pton(AF_INET6, "ff15::7:1") + struct.pack("I", 1)`, mreq6),
		setTwin(rawsock.IPv6LeaveGroup, unix.AF_INET6, udp, `inet_pton(AF_INET6, "ff15::7:1") + struct.pack("I", 1)`, mreq6),
		twin{"TCP_CONGESTION", "s = socket()\ns.setsockopt(IPPROTO_TCP, TCP_CONGESTION, b'reno')\ns.close()", func() {
			fd, _ := rawsock.Socket(unix.AF_INET, tcp|unix.SOCK_CLOEXEC, 0)
			rawsock.TCPCongestion.Set(fd, "reno")
			fd.Close()
		}, "setsockopt"},
		twin{"SO_BINDTODEVICE", "s = socket()\ns.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, b'lo')\ns.close()", func() {
			fd, _ := rawsock.Socket(unix.AF_INET, tcp|unix.SOCK_CLOEXEC, 0)
			rawsock.SOBindToDevice.Set(fd, "lo")
			fd.Close()
		}, "setsockopt"},
		twin{"SO_TYPE, SO_ERROR", "s = socket()\ns.getsockopt(SOL_SOCKET, SO_TYPE)\ns.getsockopt(SOL_SOCKET, SO_ERROR)\ns.close()", func() {
			fd, _ := rawsock.Socket(unix.AF_INET, tcp|unix.SOCK_CLOEXEC, 0)
			fd.SockType()
			fd.SockError()
			fd.Close()
		}, "getsockopt"},
	))
}
