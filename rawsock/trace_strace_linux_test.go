package rawsock_test

import (
	"encoding/binary"
	"errors"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// straceCalls are the calls that strace is asked for.
const straceCalls = "%network,read,readv,writev,close,ioctl,fcntl,poll,ppoll,pselect6,select,sendfile,splice,tee,vmsplice,dup,dup2,dup3" +
	",openat,flock,fstat,newfstatat,unlinkat,fchmod,fchmodat,?fstat64,?fstatat64" +
	",?fcntl64,?ppoll_time64,?pselect6_time64,?_newselect,?sendfile64,?recvmmsg_time64"

// What strace prints of a program, and what Trace printed in it, is the same.
func TestTraceIsWhatStracePrints(t *testing.T) {
	exe, err := os.Executable()
	check(t, err)
	dir := t.TempDir()
	theirs := sockettest.Strace(t, straceCalls, dir, []string{helperEnv + "=trace"}, exe)
	text, err := os.ReadFile(filepath.Join(dir, "ours"))
	check(t, err)
	ours := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(ours) < 5000 {
		t.Errorf("%d lines, want at least 5000", len(ours))
	}
	sockettest.SameTrace(t, ours, slices.DeleteFunc(theirs, func(line string) bool {
		return strings.HasPrefix(line, `openat(AT_FDCWD, "`+exe) // the file to send from, which is opened without us
	}))
}

// traceEverything makes every call of the package in most of its forms, while
// they are traced to the file "ours".
func traceEverything() error {
	var text strings.Builder
	s := &steps{}
	sockettest.Mark("begin")
	stop := rawsock.Trace(&text)
	s.stream()
	s.datagrams()
	s.addresses()
	s.failures()
	s.everyAddress()
	s.options()
	s.messages()
	s.polls()
	s.moves()
	s.batches()
	s.files()
	stop()
	sockettest.Mark("end")
	return errors.Join(s.err, os.WriteFile("ours", []byte(text.String()), 0o600))
}

// any makes a call whose errors are part of the trace.
func (s *steps) any(call func() error) { _ = call() }

func (s *steps) failures() {
	const fd = rawsock.FD(99)
	buf := make([]byte, 40)
	for i := range buf {
		buf[i] = byte(i * 7)
	}
	for _, args := range [][3]int{
		{200, 7, 0}, {unix.AF_INET, unix.SOCK_STREAM | 0x100000, 300}, {unix.AF_UNIX, unix.SOCK_STREAM, 5},
		{unix.AF_CAN, unix.SOCK_RAW, 9}, {unix.AF_BLUETOOTH, unix.SOCK_RAW, 1}, {-1, -1, -1},
		{unix.AF_NETLINK, 33, unix.NETLINK_GENERIC}, {unix.AF_PACKET, 34, 0x300}, {unix.AF_PACKET, 34, 0xdd86},
		{unix.AF_INET6, 0, unix.IPPROTO_ICMPV6}, {unix.AF_INET, unix.SOCK_STREAM | unix.SOCK_NONBLOCK, unix.IPPROTO_UDP},
	} {
		s.any(func() error { _, err := rawsock.Socket(args[0], args[1], args[2]); return err })
		s.any(func() error { _, err := rawsock.Socketpair(args[0], args[1], args[2]); return err })
	}
	for _, how := range []int{0, 1, 2, 5, -1} {
		s.any(func() error { return fd.Shutdown(how) })
	}
	s.any(func() error { return fd.Listen(-1) })
	s.any(func() error { return fd.Close() })
	s.any(func() error { return fd.SetNonblock(true) })
	s.any(func() error { _, _, err := fd.Accept(); return err })
	s.any(func() error { _, _, err := fd.Accept4(unix.SOCK_CLOEXEC | 1); return err })
	s.any(func() error { _, err := fd.AcceptNull(); return err })
	s.any(func() error { _, err := fd.Getsockname(); return err })
	s.any(func() error { _, err := fd.Getpeername(); return err })
	s.any(func() error { _, err := fd.Read(buf); return err })
	s.any(func() error { _, err := fd.Write(buf); return err })
	s.any(func() error { _, err := fd.Write([]byte("abc\x001\x008\n\t\v\f\r\"\\\x7f\xff{")); return err })
	s.any(func() error { _, err := fd.Recv(nil, 0); return err })
	for _, flags := range []int{0, ^(1 << 25), 1 << 21, unix.MSG_OOB | 1<<21, unix.MSG_ZEROCOPY | unix.MSG_FASTOPEN} {
		s.any(func() error { _, err := fd.Recv(buf, flags); return err })
		s.any(func() error { _, err := fd.Send(buf[:32], flags); return err })
		s.any(func() error { _, _, err := fd.Recvfrom(buf, flags); return err })
		s.any(func() error { _, err := fd.Sendto(buf[:33], flags, loopback(9)); return err })
	}
}

func sockaddr(family int, rest ...byte) []byte {
	return append(binary.NativeEndian.AppendUint16(nil, uint16(family)), rest...)
}

func (s *steps) everyAddress() {
	const fd = rawsock.FD(99)
	mac := []byte{1, 2, 3, 4, 5, 6, 0, 0}
	six := func(text string) []byte {
		a := netip.MustParseAddr(text).As16()
		return append(append([]byte{0, 80, 0, 10, 188, 222}, a[:]...), 1, 0, 0, 0)
	}
	for _, b := range [][]byte{
		{}, {1}, sockaddr(0), sockaddr(0, 1, 2, 3), sockaddr(200, 1, 2, '"', 4, 5, 6, 7, 8),
		sockaddr(unix.AF_INET, 0, 80), sockaddr(unix.AF_INET, append([]byte{1, 187, 192, 168, 1, 2}, make([]byte, 20)...)...),
		sockaddr(unix.AF_INET6, six("fe80::1")[:13]...), sockaddr(unix.AF_INET6, six("::1")[:22]...),
		sockaddr(unix.AF_INET6, six("::ffff:1.2.3.4")...), sockaddr(unix.AF_INET6, six("::1.2.3.4")...),
		sockaddr(unix.AF_INET6, six("::1:2")...), sockaddr(unix.AF_INET6, six("1::2:0:0:3")...), sockaddr(unix.AF_INET6, six("::")...),
		sockaddr(unix.AF_INET6, six("fe80::1")...), sockaddr(unix.AF_INET6, six("1:0:2:0:3:0:4:0")...),
		sockaddr(unix.AF_UNIX), sockaddr(unix.AF_UNIX, []byte("a{b\x00c")...), sockaddr(unix.AF_UNIX, 0), sockaddr(unix.AF_UNIX, []byte("\x00a\x00b")...),
		sockaddr(unix.AF_UNIX, []byte(strings.Repeat("p", 108))...),
		sockaddr(unix.AF_NETLINK, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), sockaddr(unix.AF_NETLINK, 1, 0, 255, 255, 255, 255, 0x13, 0, 0, 0x80),
		sockaddr(unix.AF_PACKET, append([]byte{8, 0, 1, 0, 0, 0, 1, 0, 0, 6}, mac...)...),
		sockaddr(unix.AF_PACKET, append([]byte{0, 3, 99, 0, 0, 0, 4, 3, 4, 20}, mac...)...),
		sockaddr(unix.AF_PACKET, append([]byte{0x99, 0x99, 99, 0, 0, 0, 0xbb, 0xbb, 44, 0}, mac...)...),
		sockaddr(unix.AF_VSOCK, 0, 0, 0, 4, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0), sockaddr(unix.AF_VSOCK, 1, 0, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0),
		sockaddr(unix.AF_VSOCK, 0, 0, 5, 0, 0, 0, 77, 0, 0, 0, 6, 0, 0, 0),
		sockaddr(unix.AF_CAN, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), sockaddr(unix.AF_TIPC, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		sockaddr(unix.AF_ALG, append(append([]byte("hash\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), 0, 0, 0, 0, 8, 16, 0, 0), append([]byte("sha256"), make([]byte, 58)...)...)...),
		sockaddr(unix.AF_QIPCRTR, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0), sockaddr(unix.AF_QIPCRTR, 0, 0, 255, 255, 255, 255, 254, 255, 255, 255),
		sockaddr(unix.AF_XDP, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0), sockaddr(unix.AF_XDP, 16, 0, 9, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0),
	} {
		sa, err := rawsock.SockaddrFromBytes(b)
		s.err = errors.Join(s.err, err)
		s.any(func() error { return fd.Bind(sa) })
	}
	s.any(func() error { return fd.Connect(rawsock.Sockaddr{}) })
}

func (s *steps) options() {
	for o := range rawsock.Options() {
		for _, size := range []int{4, 8, 20} {
			s.any(func() error { return rawsock.FD(99).SetsockoptBytes(o.Level, o.Number, make([]byte, size)) })
			s.any(func() error {
				_, err := rawsock.FD(99).GetsockoptBytes(o.Level, o.Number, make([]byte, size))
				return err
			})
		}
	}
	for _, typ := range []int{unix.SOCK_STREAM, unix.SOCK_DGRAM} {
		fd, err := rawsock.Socket(unix.AF_INET6, typ, 0)
		s.err = errors.Join(s.err, err)
		for _, level := range []int{
			unix.SOL_SOCKET, unix.SOL_IP, unix.SOL_IPV6, unix.SOL_TCP, unix.IPPROTO_UDP, unix.SOL_PACKET, unix.SOL_NETLINK, unix.IPPROTO_RAW, 777,
		} {
			for _, size := range []int{0, 1, 2, 4, 8, 12, 16, 40, 136} {
				for _, name := range []int{1, 3, 4, 10, 13, 17, 20, 25, 26, 42, 999} {
					s.any(func() error { _, err := fd.GetsockoptBytes(level, name, make([]byte, size)); return err })
					value := make([]byte, size)
					for i := range value {
						value[i] = byte(i)
					}
					s.any(func() error { return rawsock.FD(99).SetsockoptBytes(level, name, value) })
				}
			}
		}
		s.any(fd.Close)
	}
}

func (s *steps) messages() {
	pair, err := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	s.err = errors.Join(s.err, err)
	a, b := pair[0], pair[1]
	s.any(func() error { return b.SetsockoptInt(unix.SOL_SOCKET, unix.SO_PASSCRED, 1) })
	s.any(func() error { return b.SetsockoptInt(unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) })
	send := func(m *rawsock.Msghdr, flags int) {
		s.any(func() error { _, err := a.Sendmsg(m, flags); return err })
	}
	receive := func(m *rawsock.Msghdr, flags int) {
		s.any(func() error { _, err := b.Recvmsg(m, flags); return err })
	}
	send(&rawsock.Msghdr{Buffers: [][]byte{[]byte(strings.Repeat("x", 40)), nil, []byte("y")}, Control: unix.UnixRights(0, 1)}, unix.MSG_NOSIGNAL)
	receive(&rawsock.Msghdr{Buffers: [][]byte{make([]byte, 3), make([]byte, 100), make([]byte, 9)}, Control: make([]byte, 200)}, unix.MSG_CMSG_CLOEXEC)
	receive(&rawsock.Msghdr{Buffers: [][]byte{make([]byte, 100)}, Control: make([]byte, 200)}, unix.MSG_DONTWAIT)
	send(&rawsock.Msghdr{Buffers: [][]byte{[]byte("z")}, Control: unix.UnixRights(0, 1)}, 0)
	receive(&rawsock.Msghdr{Buffers: [][]byte{make([]byte, 100)}, Control: make([]byte, 20)}, 0)
	send(&rawsock.Msghdr{Name: loopback(1), Buffers: make([][]byte, 40)}, 0)
	send(&rawsock.Msghdr{}, 0)
	for size := range 40 { // control data that is wrong in every way
		control := make([]byte, 40)
		control[0] = byte(size)
		send(&rawsock.Msghdr{Control: control}, unix.MSG_DONTWAIT)
		send(&rawsock.Msghdr{Control: control[:size]}, unix.MSG_DONTWAIT)
	}
	s.any(a.Close)
	s.any(b.Close)
	s.udpMessages()
}

func (s *steps) udpMessages() {
	for _, addr := range []rawsock.Sockaddr{loopback(0), rawsock.SockaddrInet6(netip.IPv6Loopback().As16(), 0, 0, 0)} {
		fd, err := rawsock.Socket(addr.Family(), unix.SOCK_DGRAM, 0)
		s.err = errors.Join(s.err, err, fd.Bind(addr))
		to, err := fd.Getsockname()
		s.err = errors.Join(s.err, err)
		for _, name := range []int{unix.IP_PKTINFO, unix.IP_RECVTTL, unix.IP_RECVTOS, unix.IP_RECVORIGDSTADDR, unix.IP_RECVERR} {
			s.any(func() error { return fd.SetsockoptInt(unix.SOL_IP, name, 1) })
		}
		s.any(func() error { return fd.SetsockoptInt(unix.SOL_IPV6, unix.IPV6_RECVPKTINFO, 1) })
		s.any(func() error { return fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_TIMESTAMP, 1) })
		m := &rawsock.Msghdr{Name: to, Buffers: [][]byte{[]byte("hello")}}
		s.any(func() error { _, err := fd.Sendmsg(m, 0); return err })
		in := &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 3), make([]byte, 3)}, Control: make([]byte, 300)}
		s.any(func() error { _, err := fd.Recvmsg(in, 0); return err })
		s.any(fd.Close)
		// An ICMP error comes back at once over loopback.
		fd, err = rawsock.Socket(addr.Family(), unix.SOCK_DGRAM, 0)
		s.err = errors.Join(s.err, err)
		s.any(func() error { return fd.SetsockoptInt(unix.SOL_IP, unix.IP_RECVERR, 1) })
		s.any(func() error { return fd.Connect(to) })
		s.any(func() error { _, err := fd.Send([]byte("gone"), 0); return err })
		in.Control = in.Control[:cap(in.Control)]
		s.any(func() error { _, err := fd.Recvmsg(in, unix.MSG_ERRQUEUE); return err })
		s.any(func() error { _, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_ERROR); return err })
		s.any(func() error { _, err := fd.Send([]byte("gone"), 0); return err })
		s.any(func() error { _, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_ERROR); return err })
		s.any(fd.Close)
	}
}

func (s *steps) polls() {
	pair, err := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	s.err = errors.Join(s.err, err)
	a := int32(pair[0])
	many := make([]unix.PollFd, 40)
	for i := range many {
		many[i] = unix.PollFd{Fd: 990, Events: unix.POLLIN}
	}
	for _, fds := range [][]unix.PollFd{
		nil, {{Fd: a, Events: unix.POLLIN}}, many,
		{{Fd: a, Events: unix.POLLIN | unix.POLLOUT | unix.POLLRDHUP | 0x4000}, {Fd: -1, Events: 1}, {Fd: 999, Events: 1}, {Fd: a}},
	} {
		s.any(func() error { _, err := rawsock.Poll(fds, 0); return err })
		timeout := 1500 * time.Microsecond
		s.any(func() error { _, err := rawsock.Ppoll(fds, &timeout, nil); return err })
		zero := time.Duration(0)
		s.any(func() error { _, err := rawsock.Ppoll(fds, &zero, sigset(unix.SIGINT, 32, 33, 64)); return err })
		negative := -time.Duration(1)
		s.any(func() error { _, err := rawsock.Ppoll(fds, &negative, nil); return err })
	}
	fds := []unix.PollFd{{Fd: a, Events: unix.POLLOUT}}
	all := make([]unix.Signal, 0, 64)
	for n := range unix.Signal(62) {
		all = append(all, n+1)
	}
	s.any(func() error { _, err := rawsock.Ppoll(fds, nil, sigset(all...)); return err })
	s.any(func() error { _, err := rawsock.Ppoll(fds, nil, sigset()); return err })
	s.any(pair[0].Close)
	s.any(pair[1].Close)
}

func (s *steps) moves() {
	s.err = errors.Join(s.err, movesOnce())
	calls := everyMove(99)
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		s.any(calls[name])
	}
	fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	s.err = errors.Join(s.err, err)
	for _, name := range []string{"fcntl", "fcntl getfd", "fcntl setfd", "ioctl atmark", "ioctl inq", "ioctl outq", "ioctl outqnsd"} {
		s.any(everyMove(fd)[name])
	}
	for _, args := range [][2]int{{unix.F_SETFL, unix.O_NONBLOCK | unix.O_WRONLY}, {unix.F_GETFL, 0}, {unix.F_SETFD, 0}, {unix.F_GETFD, 0},
		{unix.F_SETFD, 3}, {unix.F_DUPFD_CLOEXEC, 7}, {unix.F_SETPIPE_SZ, 4096}, {unix.F_GETPIPE_SZ, 0}, {77, 1}, {unix.F_SETOWN, -5}, {unix.F_GETOWN, 0}} {
		s.any(func() error { _, err := fd.Fcntl(args[0], args[1]); return err })
	}
	s.any(func() error { return fd.AttachFilter(rawsock.Filter{{Code: unix.BPF_RET | unix.BPF_K, K: 0xffff}}) })
	s.any(func() error { _, err := fd.GetFilter(make(rawsock.Filter, 8)); return err })
	s.any(fd.DetachFilter)
	var read, write rawsock.FdSet
	for n := range rawsock.FD(1000) {
		s.err = errors.Join(s.err, write.Set(n))
	}
	s.err = errors.Join(s.err, read.Set(fd))
	for _, timeout := range []time.Duration{0, 1001 * time.Microsecond} {
		s.any(func() error { _, err := rawsock.Select(int(fd)+1, &read, nil, &read, &timeout); return err })
		s.any(func() error { _, err := rawsock.Select(100, &read, &write, nil, &timeout); return err })
		s.any(func() error { _, err := rawsock.Pselect(int(fd)+1, &read, nil, nil, &timeout, nil); return err })
		s.any(func() error { _, err := rawsock.Pselect(-1, nil, nil, nil, &timeout, sigset(unix.SIGINT)); return err })
	}
	s.any(fd.Close)
}

func (s *steps) batches() {
	fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	s.err = errors.Join(s.err, err, fd.Bind(loopback(0)))
	to, err := fd.Getsockname()
	s.err = errors.Join(s.err, err)
	s.any(func() error { return fd.SetsockoptInt(unix.SOL_IP, unix.IP_PKTINFO, 1) })
	out, in := rawsock.NewBatch(35), rawsock.NewBatch(4)
	for i := range out.Len() {
		out.SetName(i, to)
		out.SetBuffers(i, []byte("hello"), []byte(strings.Repeat("y", i)))
	}
	for i := range in.Len() {
		in.SetBuffers(i, make([]byte, 7), make([]byte, i))
		in.SetControl(i, make([]byte, 20*i))
	}
	in.SetNoName(1, true)
	second := time.Second
	for _, flags := range []int{0, unix.MSG_DONTWAIT, unix.MSG_WAITFORONE | unix.MSG_TRUNC} {
		s.any(func() error { _, err := fd.Sendmmsg(out, 0); return err })
		s.any(func() error { _, err := fd.Sendmmsg(out.Slice(0, 2), unix.MSG_NOSIGNAL); return err })
		s.any(func() error { _, err := fd.Recvmmsg(in, flags, nil); return err })
		s.any(func() error { _, err := fd.Recvmmsg(in, flags, &second); return err })
	}
	for _, b := range []rawsock.Batch{in, in.Slice(0, 0), out} {
		s.any(func() error { _, err := rawsock.FD(99).Sendmmsg(b, 0); return err })
		s.any(func() error { _, err := rawsock.FD(99).Recvmmsg(b, 0, nil); return err })
		s.any(func() error { _, err := rawsock.FD(99).Recvmmsg(b, 0, &second); return err })
	}
	empty, err := rawsock.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	s.err = errors.Join(s.err, err)
	s.any(func() error { _, err := empty.Recvmmsg(in, unix.MSG_DONTWAIT, &second); return err })
	s.any(empty.Close)
	s.any(fd.Close)
}

// files makes the calls on files that a listener on a unix path needs.
func (s *steps) files() {
	for range 2 {
		var detached *rawsock.UnixListener
		s.any(func() (err error) {
			detached, err = rawsock.ListenUnix("stale", rawsock.UnixConfig{Mode: 0o700})
			return err
		})
		s.err = errors.Join(s.err, detached.Detach().Close()) // the file stays, and the next one takes its place
	}
	l, err := rawsock.ListenUnix("stale", rawsock.UnixConfig{Type: unix.SOCK_DGRAM})
	s.err = errors.Join(s.err, err)
	s.any(func() error { _, err := rawsock.ListenUnix("stale", rawsock.UnixConfig{}); return err })
	s.any(l.Close)
	for _, path := range []string{"stale", ".", "no\nthere/\x01"} {
		s.any(func() error { return rawsock.UnlinkIfSocket(path) })
	}
}

// sigset is a set of signals, whatever the size of the words that hold it.
func sigset(signals ...unix.Signal) *unix.Sigset_t {
	var set unix.Sigset_t
	const bits = strconv.IntSize
	for _, n := range signals {
		set.Val[(n-1)/bits] |= 1 << ((n - 1) % bits)
	}
	return &set
}
