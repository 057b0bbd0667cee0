package rawsock_test

import (
	"fmt"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

func closeOnExec(t *testing.T, fd rawsock.FD) bool {
	t.Helper()
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	check(t, err)
	return flags&unix.FD_CLOEXEC != 0
}

// Nothing is put into the flags, and all that is in them goes to the kernel.
func TestRecvFdsFlagsAreTheCallers(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	var room [1]rawsock.FD
	for flags, cloexec := range map[int]bool{0: false, unix.MSG_CMSG_CLOEXEC: true} {
		sendPipe(t, a, 1)
		_, fds, got, _, err := b.RecvFds(make([]byte, 10), room[:], flags)
		check(t, err)
		if closeOnExec(t, fds[0]) != cloexec || got != flags {
			t.Errorf("flags %#x: close-on-exec %v, msg_flags %#x", flags, !cloexec, got)
		}
		check(t, fds[0].Close())
	}
	_, _, _, _, err := b.RecvFds(make([]byte, 10), room[:], unix.MSG_DONTWAIT)
	wantErrno(t, err, unix.EAGAIN)
}

// A destination is honoured, and the sender is told.
func TestSendFdsToAnAddress(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) (fd rawsock.FD, sa rawsock.Sockaddr) {
		sa, err := rawsock.SockaddrUnixPath(filepath.Join(dir, name))
		check(t, err)
		return bound(t, unix.SOCK_DGRAM, sa)
	}
	a, nameA := at("a")
	b, nameB := at("b")
	_, err := a.SendFds([]byte("x"), []rawsock.FD{a}, 0, nameB)
	check(t, err)
	_, fds, _, from, err := b.RecvFds(make([]byte, 10), make([]rawsock.FD, 1), 0)
	check(t, err)
	defer rawsock.CloseRights(rawsock.AppendRights(nil, fds...))
	if got, err := fds[0].Getsockname(); from != nameA || got != nameA || err != nil {
		t.Errorf("from %v: %v, %v", from, got, err)
	}
}

// 253 descriptors pass in one message, one more does not.
func TestMaxRights(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	before := sockettest.OpenFDs(t)
	many := make([]rawsock.FD, rawsock.MaxRights+1)
	for i := range many {
		many[i] = a
	}
	_, err := a.SendFds([]byte("x"), many, 0, rawsock.Sockaddr{})
	wantErrno(t, err, unix.EINVAL)
	_, err = a.SendFds([]byte("x"), many[1:], 0, rawsock.Sockaddr{})
	check(t, err)
	_, fds, _, _, err := b.RecvFds(make([]byte, 10), make([]rawsock.FD, 1000), 0)
	if err != nil || len(fds) != rawsock.MaxRights {
		t.Errorf("%d descriptors, %v", len(fds), err)
	}
	check(t, rawsock.CloseRights(rawsock.AppendRights(nil, fds...)))
	if after := sockettest.OpenFDs(t); after != before {
		t.Errorf("%d descriptors open, %d before", after, before)
	}
}

// Descriptors that RLIMIT_NOFILE does not let in are reported as missing, and
// those that came are closed.
func TestRecvFdsAtTheDescriptorLimit(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	sendPipe(t, a, 4)
	before := sockettest.OpenFDs(t)
	probe, err := unix.Dup(int(a))
	check(t, err)
	check(t, unix.Close(probe))
	var old unix.Rlimit
	check(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &old))
	// Room for the first free number and, at most, one more.
	check(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(probe) + 1, Max: old.Max}))
	_, fds, flags, _, err := b.RecvFds(make([]byte, 10), make([]rawsock.FD, 4), 0)
	check(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &old))
	if err != rawsock.ErrRightsTruncated || len(fds) != 0 || flags&unix.MSG_CTRUNC == 0 {
		t.Errorf("%v, flags %#x, %v", fds, flags, err)
	}
	if after := sockettest.OpenFDs(t); after != before {
		t.Errorf("%d descriptors open, %d before", after, before)
	}
}

// pythonFds receives descriptors on descriptor 3, writes to each, and sends the
// reading end of a pipe of its own back.
const pythonFds = `
import os, socket
s = socket.socket(fileno=3)
data, fds, flags, addr = socket.recv_fds(s, 100, 10)
for fd in fds:
    os.write(fd, b"python got " + data + b"\n")
r, w = os.pipe()
os.write(w, b"from python")
socket.send_fds(s, [b"ba", b"ck"], [r])
`

func TestRightsWithPython(t *testing.T) {
	python := sockettest.NeedPython(t)
	a, b := pair(t, unix.SOCK_STREAM)
	far, err := unix.Dup(int(b))
	check(t, err)
	inherited := os.NewFile(uintptr(far), "socket")
	defer inherited.Close()
	cmd := exec.CommandContext(t.Context(), python, "-c", pythonFds)
	cmd.ExtraFiles = []*os.File{inherited}
	var said strings.Builder
	cmd.Stderr = &said
	check(t, cmd.Start())

	ours, theirs := pair(t, unix.SOCK_STREAM)
	_, err = a.SendFds([]byte("two"), []rawsock.FD{theirs, theirs}, 0, rawsock.Sockaddr{})
	check(t, err)
	buf := make([]byte, 100)
	n, fds, flags, _, err := a.RecvFds(buf, make([]rawsock.FD, 3), 0)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if err != nil || string(buf[:n]) != "back" || len(fds) != 1 || flags != 0 {
		t.Fatalf("%q, %v, flags %#x, %v", buf[:n], fds, flags, err)
	}
	n, err = fds[0].Read(buf)
	if string(buf[:n]) != "from python" || err != nil {
		t.Errorf("%q, %v", buf[:n], err)
	}
	check(t, fds[0].Close())
	n, err = ours.Recv(buf, 0)
	check(t, err)
	if want := "python got two\n"; !strings.HasPrefix(string(buf[:n]), want) {
		t.Errorf("%q", buf[:n])
	}
}

// "nc -F" connects and hands the connection over, as ssh's ProxyUseFdpass has it
// (nc(1)).
func TestRightsFromNetcat(t *testing.T) {
	sockettest.NeedProgram(t, "nc")
	usage, _ := exec.Command("nc", "-h").CombinedOutput()
	sockettest.Need(t, strings.Contains(string(usage), "OpenBSD"), "needs the OpenBSD nc, which has -F")
	l, addr := listener(t, loopback(0))
	a, b := pair(t, unix.SOCK_STREAM)
	far, err := unix.Dup(int(b))
	check(t, err)
	stdout := os.NewFile(uintptr(far), "stdout")
	defer stdout.Close()
	cmd := exec.CommandContext(t.Context(), "nc", "-F", "127.0.0.1", fmt.Sprint(portOf(addr)))
	cmd.Stdout = stdout
	cmd.WaitDelay = time.Second
	check(t, cmd.Start())
	await(t, l, unix.POLLIN)
	server, peer, err := l.Accept()
	check(t, err)
	adopt(t, server)
	await(t, a, unix.POLLIN)
	_, fds, _, _, err := a.RecvFds(make([]byte, 10), make([]rawsock.FD, 2), 0)
	if err != nil || len(fds) != 1 {
		t.Fatalf("%v, %v", fds, err)
	}
	check(t, cmd.Wait())
	client := adopt(t, fds[0])
	if name, err := client.Getsockname(); name != peer || err != nil {
		t.Errorf("connected from %v, passed %v, %v", peer, name, err)
	}
	_, err = client.Send([]byte("through the passed connection"), 0)
	check(t, err)
	buf := make([]byte, 100)
	n, err := server.Recv(buf, 0)
	if string(buf[:n]) != "through the passed connection" || err != nil {
		t.Errorf("%q, %v", buf[:n], err)
	}
}

// On a stream descriptors travel with data; without any, nothing is sent.
func TestSendFdsWithoutData(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	n, err := a.SendFds(nil, []rawsock.FD{a}, 0, rawsock.Sockaddr{})
	if n != 0 || err != nil {
		t.Errorf("stream: %d, %v", n, err)
	}
	_, _, _, _, err = b.RecvFds(make([]byte, 1), make([]rawsock.FD, 1), unix.MSG_DONTWAIT)
	wantErrno(t, err, unix.EAGAIN)

	a, b = pair(t, unix.SOCK_DGRAM)
	_, err = a.SendFds(nil, []rawsock.FD{a}, 0, rawsock.Sockaddr{})
	check(t, err)
	_, fds, _, _, err := b.RecvFds(nil, make([]rawsock.FD, 1), 0)
	if len(fds) != 1 || err != nil {
		t.Fatalf("datagram: %v, %v", fds, err)
	}
	check(t, fds[0].Close())
}

// What comes besides rights is not the caller's to know of: a descriptor of the
// sender's process (SO_PASSPIDFD) is closed.
func TestRecvFdsClosesPidfd(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	if err := b.SetsockoptInt(unix.SOL_SOCKET, unix.SO_PASSPIDFD, 1); err != nil {
		wantErrno(t, err, unix.ENOPROTOOPT) // before Linux 6.5
		return
	}
	room := make([]rawsock.FD, 3)
	for sent := range 2 {
		before := sockettest.OpenFDs(t)
		_, err := a.SendFds([]byte("x"), []rawsock.FD{a, a}[:sent], 0, rawsock.Sockaddr{})
		check(t, err)
		_, got, _, _, err := b.RecvFds(make([]byte, 1), room, unix.MSG_CMSG_CLOEXEC)
		if err != rawsock.ErrRightsTruncated {
			check(t, err)
		}
		check(t, rawsock.CloseRights(rawsock.AppendRights(nil, got...)))
		if after := sockettest.OpenFDs(t); after != before {
			t.Errorf("%d rights sent: %d descriptors, then %d", sent, before, after)
		}
	}
}

// A number that fits no C int is no other descriptor's.
func TestAppendRightsOutOfRange(t *testing.T) {
	a, _ := pair(t, unix.SOCK_STREAM)
	if bits.UintSize == 32 {
		return
	}
	_, err := a.SendFds([]byte("x"), []rawsock.FD{rawsock.FD(int64(a) + 1<<32)}, 0, rawsock.Sockaddr{})
	wantErrno(t, err, unix.EBADF)
}
