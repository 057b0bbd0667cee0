package rawsock_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// runHelper makes calls on one thread for strace to watch, each after a mark:
// a write to descriptor -1 that names it.
func runHelper(mode string) int {
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	run := map[string]func() error{
		"calls": callsOnce, "eintr": callsInterrupted,
		"moves": movesOnce, "moves eintr": movesInterrupted,
		"contend": contend, "unix": listenUnixOnce, "answers": otherAnswers, "trace": traceEverything,
	}[mode]
	if run == nil {
		return 2
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func mark(name string) {
	unix.Write(-1, []byte("mark "+name))
}

// steps makes a call after its mark and remembers the first error.
type steps struct{ err error }

func (s *steps) do(name string, call func() error) {
	mark(name)
	if err := call(); err != nil && s.err == nil {
		s.err = fmt.Errorf("%s: %w", name, err)
	}
}

// callsOnce makes the calls of pythonCalls, in its order and with its arguments.
func callsOnce() error {
	s := &steps{}
	s.stream()
	s.datagrams()
	s.addresses()
	mark(aside)
	return s.err
}

func (s *steps) stream() {
	var l, client, server rawsock.FD
	var addr rawsock.Sockaddr
	var value [8]byte
	buf := make([]byte, 100)
	newStream := func() (fd rawsock.FD, err error) {
		return rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	}
	s.do("socket", func() (err error) { l, err = newStream(); return err })
	s.do("setsockopt int", func() error { return l.SetsockoptInt(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) })
	s.do("bind inet", func() error { return l.Bind(loopback(0)) })
	s.do("getsockname inet", func() (err error) { addr, err = l.Getsockname(); return err })
	s.do("listen", func() error { return l.Listen(5) })
	s.do("socket 2", func() (err error) { client, err = newStream(); return err })
	s.do("connect", func() error { return client.Connect(addr) })
	s.do("accept4", func() (err error) { server, _, err = l.Accept4(unix.SOCK_CLOEXEC); return err })
	s.do("getpeername", func() error { _, err := client.Getpeername(); return err })
	s.do("send", func() error { _, err := client.Send([]byte("hello"), unix.MSG_DONTWAIT); return err })
	s.do("send to NULL", func() error { _, err := client.Sendto([]byte("!"), 0, rawsock.Sockaddr{}); return err })
	s.do("recv", func() error { _, err := server.Recv(buf, unix.MSG_PEEK); return err })
	s.do("read", func() error { _, err := server.Read(buf); return err })
	s.do("write", func() error { _, err := server.Write([]byte("bye")); return err })
	s.do("setnonblock", func() error { return client.SetNonblock(true) })
	s.do("setblock", func() error { return client.SetNonblock(false) })
	s.do("getsockopt int", func() error { _, err := l.GetsockoptInt(unix.SOL_SOCKET, unix.SO_TYPE); return err })
	s.do("getsockopt bytes", func() error {
		_, err := l.GetsockoptBytes(unix.SOL_SOCKET, unix.SO_LINGER, value[:])
		return err
	})
	binary.NativeEndian.PutUint32(value[:], 1)
	s.do("setsockopt bytes", func() error { return l.SetsockoptBytes(unix.SOL_SOCKET, unix.SO_LINGER, value[:]) })
	s.do("shutdown", func() error { return client.Shutdown(unix.SHUT_WR) })
	for _, fd := range []*rawsock.FD{&server, &client, &l} {
		s.do("close", func() error { return fd.Close() })
	}
}

func (s *steps) datagrams() {
	var a, b rawsock.FD
	var addr rawsock.Sockaddr
	buf := make([]byte, 100)
	newDatagram := func() (fd rawsock.FD, err error) {
		return rawsock.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
	}
	s.do("socket datagram", func() (err error) { a, err = newDatagram(); return err })
	s.do("socket datagram 2", func() (err error) { b, err = newDatagram(); return err })
	s.do("bind datagram", func() error { return a.Bind(loopback(0)) })
	s.do("getsockname datagram", func() (err error) { addr, err = a.Getsockname(); return err })
	s.do("sendto", func() error { _, err := b.Sendto([]byte("one"), unix.MSG_DONTWAIT, addr); return err })
	s.do("recvfrom", func() error { _, _, err := a.Recvfrom(buf, unix.MSG_TRUNC); return err })
	s.do("sendto nothing", func() error { _, err := b.Sendto(nil, 0, addr); return err })
	s.do("recvfrom nothing", func() error { _, _, err := a.Recvfrom(buf, 0); return err })
	for _, fd := range []*rawsock.FD{&a, &b} {
		s.do("close", func() error { return fd.Close() })
	}
}

// addresses sends each kind of address into the kernel and reads it back.
func (s *steps) addresses() {
	path, err := rawsock.SockaddrUnixPath("s.sock")
	abstract, err2 := rawsock.SockaddrUnixAbstract(fmt.Sprintf("rawsock\x00%d", os.Getppid()))
	s.err = errors.Join(s.err, err, err2)
	for _, sa := range []rawsock.Sockaddr{
		path, abstract, rawsock.SockaddrUnixUnnamed(), rawsock.SockaddrInet6(netip.IPv6Loopback().As16(), 0, 0xabcde, 1),
	} {
		var fd rawsock.FD
		s.do("socket address", func() (err error) {
			fd, err = rawsock.Socket(sa.Family(), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			return err
		})
		s.do("bind address", func() error { return fd.Bind(sa) })
		s.do("getsockname address", func() error { _, err := fd.Getsockname(); return err })
		s.do("close", func() error { return fd.Close() })
	}
	s.do("socketpair", func() error {
		_, err := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
		return err
	})
}

// loaderCloses is how many calls of close(2) on a thread are let through: more
// than the dynamic loader needs.
const loaderCloses = 32

// callsInterrupted expects every call to be interrupted, and close too.
func callsInterrupted() error {
	for range loaderCloses {
		unix.Close(-1)
	}
	fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	calls := everyCall(fd)
	calls["accept4"] = func() error { _, _, err := fd.Accept4(0); return err }
	calls["socketpair"] = func() error { _, err := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0); return err }
	calls["close"] = fd.Close
	return interrupted(calls)
}

func interrupted(calls map[string]func() error) error {
	s := &steps{}
	for name, call := range calls {
		s.do(name, func() error {
			if err := call(); err != error(unix.EINTR) {
				return fmt.Errorf("got %v, want EINTR", err)
			}
			return nil
		})
	}
	mark(aside)
	return s.err
}
