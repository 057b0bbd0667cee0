package rawsock_test

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// B5: on Linux an accepted socket is blocking and is inherited by exec, whatever
// its listener is; Accept4 gives what it is asked for.
func TestAcceptInheritsNothing(t *testing.T) {
	l := open(t, unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	check(t, l.Bind(loopback(0)))
	check(t, l.Listen(4))
	addr, err := l.Getsockname()
	check(t, err)
	all := unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	cases := []struct {
		name   string
		flags  int
		accept func() (rawsock.FD, error)
	}{
		{"accept", 0, func() (rawsock.FD, error) { fd, _, err := l.Accept(); return fd, err }},
		{"accept null", 0, l.AcceptNull},
		{"accept4 0", 0, func() (rawsock.FD, error) { fd, _, err := l.Accept4(0); return fd, err }},
		{"accept4", all, func() (rawsock.FD, error) { fd, _, err := l.Accept4(all); return fd, err }},
		{"accept4 null", all, func() (rawsock.FD, error) { return l.Accept4Null(all) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			client := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
			check(t, client.Connect(addr))
			await(t, l, unix.POLLIN)
			fd, err := c.accept()
			check(t, err)
			adopt(t, fd)
			if got, want := nonblocking(t, fd), c.flags&unix.SOCK_NONBLOCK != 0; got != want {
				t.Errorf("O_NONBLOCK is %v, want %v", got, want)
			}
			flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
			check(t, err)
			if got, want := flags&unix.FD_CLOEXEC != 0, c.flags&unix.SOCK_CLOEXEC != 0; got != want {
				t.Errorf("FD_CLOEXEC is %v, want %v", got, want)
			}
		})
	}
	_, _, err = l.Accept4(-1)
	wantErrno(t, err, unix.EINVAL)
}

// D3: with its listener's queue full a unix connect answers EAGAIN and has not
// started, though the socket then looks ready and SO_ERROR is 0.
func TestUnixConnectToFullQueue(t *testing.T) {
	l, addr := listener(t, rawsock.SockaddrUnixUnnamed()) // autobind
	check(t, l.Listen(0))
	var err error
	for range 8 {
		fd := open(t, unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
		if err = fd.Connect(addr); err == nil {
			continue
		}
		wantErrno(t, err, unix.EAGAIN)
		if e, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_ERROR); e != 0 || err != nil {
			t.Errorf("SO_ERROR: %v, %v", unix.Errno(e), err)
		}
		_, err := fd.Getpeername()
		wantErrno(t, err, unix.ENOTCONN)
		return
	}
	t.Fatalf("8 connects to a queue of 0 went through, the last with %v", err)
}

// A18
func TestLargestDatagram(t *testing.T) {
	a, _ := bound(t, unix.SOCK_DGRAM, loopback(0))
	b, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	p := make([]byte, rawsock.MaxUDPv4Payload+1)
	_, err := a.Sendto(p, 0, addr)
	wantErrno(t, err, unix.EMSGSIZE)
	if n, err := a.Sendto(p[:65507], 0, addr); n != rawsock.MaxUDPv4Payload || err != nil {
		t.Fatalf("sendto of 65507 bytes: %d, %v", n, err)
	}
	// MSG_TRUNC gives the true length, more than the buffer holds.
	small := make([]byte, 4)
	if n, err := b.Recv(small, unix.MSG_TRUNC); n != 65507 || err != nil {
		t.Errorf("recv(MSG_TRUNC) into 4 bytes: %d, %v", n, err)
	}
}

// A stream socket takes what fits and says how much that was.
func TestShortSend(t *testing.T) {
	client, server := streams(t)
	check(t, client.SetNonblock(true))
	p := make([]byte, 64<<20)
	n, err := client.Send(p, 0)
	if err != nil || n <= 0 || n >= len(p) {
		t.Fatalf("nonblocking send of 64 MiB: %d, %v; want a part", n, err)
	}
	check(t, server.SetNonblock(true))
	got := 0
	for got < n {
		await(t, server, unix.POLLIN)
		k, err := server.Recv(p, 0)
		check(t, err)
		got += k
	}
	if got != n {
		t.Errorf("%d bytes arrived, send said %d", got, n)
	}
}

// B6
func TestBindBelow1024NeedsPrivilege(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	check(t, err)
	if start, err := strconv.Atoi(strings.TrimSpace(string(text))); err != nil || start <= 1 {
		t.Logf("nothing to test: net.ipv4.ip_unprivileged_port_start is %s", text)
		return
	}
	fd := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its user ID
		const nobody = 65534
		if os.Getuid() == 0 {
			if _, _, e := unix.RawSyscall(unix.SYS_SETRESUID, nobody, nobody, nobody); e != 0 {
				done <- e
				return
			}
		}
		done <- fd.Bind(loopback(1))
	}()
	wantErrno(t, <-done, unix.EACCES)
}

// A buffer of the wrong size is the kernel's to judge.
func TestGetsockoptCountsBytes(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	for size, want := range map[int]int{0: 0, 1: 1, 2: 2, 4: 4, 64: 4} {
		n, err := fd.GetsockoptBytes(unix.SOL_SOCKET, unix.SO_TYPE, make([]byte, size))
		if n != want || err != nil {
			t.Errorf("SO_TYPE into %d bytes: %d, %v; want %d", size, n, err, want)
		}
	}
	info := make([]byte, 1024)
	if n, err := fd.GetsockoptBytes(unix.IPPROTO_TCP, unix.TCP_INFO, info); n < 104 || err != nil {
		t.Errorf("TCP_INFO: %d bytes, %v", n, err)
	}
}

// Options are signed: -1 comes back as -1.
func TestNegativeOption(t *testing.T) {
	a, _ := pair(t, unix.SOCK_STREAM)
	for _, want := range []int{-1, 3, -1} {
		check(t, a.SetsockoptInt(unix.SOL_SOCKET, unix.SO_PEEK_OFF, want))
		if got, err := a.GetsockoptInt(unix.SOL_SOCKET, unix.SO_PEEK_OFF); got != want || err != nil {
			t.Errorf("SO_PEEK_OFF set to %d, read %d, %v", want, got, err)
		}
	}
}
