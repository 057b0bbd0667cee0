package rawsock_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// everyMove makes each call that takes any kind of descriptor, or several, once:
// on fd, which is also the other one, with harmless arguments.
func everyMove(fd rawsock.FD) map[string]func() error {
	buffers := [][]byte{make([]byte, 4), make([]byte, 4)}
	flag := func(_ bool, err error) error { return err }
	number := func(_ int, err error) error { return err }
	return map[string]func() error{
		"readv":           func() error { return number(fd.Readv(buffers)) },
		"writev":          func() error { return number(fd.Writev(buffers)) },
		"sendfile":        func() error { return number(fd.Sendfile(fd, new(int64), 1)) },
		"splice":          func() error { return number(rawsock.Splice(fd, nil, fd, nil, 1, 0)) },
		"tee":             func() error { return number(rawsock.Tee(fd, fd, 1, 0)) },
		"vmsplice":        func() error { return number(fd.Vmsplice(buffers, 0)) },
		"dup":             func() error { _, err := fd.Dup(); return err },
		"dup3":            func() error { _, err := fd.Dup3(1000, 0); return err },
		"fcntl":           func() error { return number(fd.Fcntl(unix.F_GETFL, 0)) },
		"fcntl getfd":     func() error { return flag(fd.GetInheritable()) },
		"fcntl setfd":     func() error { return fd.SetInheritable(false) },
		"fcntl getfl":     func() error { return flag(fd.GetNonblock()) },
		"ioctl atmark":    func() error { return flag(fd.Sockatmark()) },
		"ioctl inq":       func() error { return number(fd.Inq()) },
		"ioctl outq":      func() error { return number(fd.Outq()) },
		"ioctl outqnsd":   func() error { return number(fd.OutqNSD()) },
		"ioctl stamp":     func() error { _, err := fd.Gstamp(); return err },
		"ioctl stamp ns":  func() error { _, err := fd.GstampNS(); return err },
		"ioctl stamp new": func() error { _, err := fd.GstampNew(); return err },
	}
}

func TestMovesNeedADescriptor(t *testing.T) {
	for name, call := range everyMove(-1) {
		t.Run(name, func(t *testing.T) { wantErrno(t, call(), unix.EBADF) })
		wantNoAllocs(t, name, func() error {
			if call() == nil {
				return unix.EINVAL
			}
			return nil
		})
	}
}

func TestMovesDoNotAllocate(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	r, w := pipe(t)
	in := file(t, "0123456789")
	buffers := make([][]byte, 16)
	for i := range buffers {
		buffers[i] = make([]byte, 1)
	}
	wantNoAllocs(t, "writev readv", func() error {
		_, err := a.Writev(buffers)
		_, err2 := b.Readv(buffers)
		return firstOf(err, err2)
	})
	wantNoAllocs(t, "sendfile splice vmsplice", func() error {
		offset := int64(1)
		_, err := a.Sendfile(in, &offset, 4)
		_, err2 := rawsock.Splice(b, nil, w, nil, 4, 0)
		_, err3 := r.Vmsplice(buffers[:4], 0)
		return firstOf(err, err2, err3)
	})
	wantNoAllocs(t, "select pselect", func() error {
		timeout, mask := time.Duration(0), rawsock.Sigset{}
		var set rawsock.FdSet
		_, err := rawsock.Select(int(a)+1, &set, &set, nil, &timeout)
		_, err2 := rawsock.Pselect(int(a)+1, &set, &set, nil, &timeout, &mask)
		return firstOf(err, err2)
	})
	wantNoAllocs(t, "flags", func() error {
		_, err := a.GetInheritable()
		_, err2 := a.GetNonblock()
		_, err3 := a.Inq()
		return firstOf(err, err2, err3, a.SetInheritable(false))
	})
	wantNoAllocs(t, "dup close", func() error {
		fd, err := a.Dup()
		return firstOf(err, fd.Close())
	})
	wantNoAllocs(t, "options", func() error {
		_, err := a.GetsockoptUint64(unix.SOL_SOCKET, unix.SO_COOKIE)
		return firstOf(err, a.SetsockoptNull(unix.SOL_SOCKET, unix.SO_BINDTODEVICE, 0))
	})
	udp, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	wantNoAllocs(t, "connect disconnect", func() error { return firstOf(udp.Connect(addr), udp.Disconnect()) })
}

// movesOnce makes the calls of this file so that they succeed, and those that
// wait.
func movesOnce() error {
	pair, err := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		return err
	}
	a, b, r, w := pair[0], pair[1], rawsock.FD(p[0]), rawsock.FD(p[1])
	if err := unix.Pipe(p[:]); err != nil {
		return err
	}
	in, err := unix.Open(os.Args[0], unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	udp, err := rawsock.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	buffers := [][]byte{make([]byte, 1), make([]byte, 2)}
	s := &steps{}
	number := func(name string, call func() (int, error)) { s.do(name, func() error { _, err := call(); return err }) }
	flag := func(name string, call func() (bool, error)) {
		s.do(name, func() error { _, err := call(); return err })
	}

	number("writev", func() (int, error) { return a.Writev(buffers) })
	number("readv", func() (int, error) { return b.Readv(buffers) })
	number("sendmsg", func() (int, error) { return a.Sendmsg(&rawsock.Msghdr{Buffers: buffers}, unix.MSG_EOR) })
	number("recvmsg", func() (int, error) { return b.Recvmsg(&rawsock.Msghdr{Buffers: buffers, NoName: true}, unix.MSG_PEEK) })
	number("recvmsg with a name", func() (int, error) { return b.Recvmsg(&rawsock.Msghdr{Buffers: buffers}, 0) })
	number("sendmsg of control data only", func() (int, error) {
		return a.Sendmsg(&rawsock.Msghdr{Control: unix.UnixCredentials(&unix.Ucred{Pid: int32(os.Getpid()), Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())})}, 0)
	})
	batch := batchOf(3, 1)
	number("sendmmsg", func() (int, error) { return a.Sendmmsg(batch, unix.MSG_EOR) })
	number("recvmmsg", func() (int, error) { return b.Recvmmsg(batch, unix.MSG_WAITFORONE, nil) })
	number("sendfile", func() (int, error) { return a.Sendfile(rawsock.FD(in), new(int64), 10) })
	number("splice", func() (int, error) { return rawsock.Splice(b, nil, w, nil, 10, 0) })
	number("tee", func() (int, error) { return rawsock.Tee(r, rawsock.FD(p[1]), 10, unix.SPLICE_F_NONBLOCK) })
	number("vmsplice", func() (int, error) { return w.Vmsplice(buffers, 0) })
	number("fcntl", func() (int, error) { return a.Fcntl(unix.F_DUPFD_CLOEXEC, 100) })
	flag("fcntl getfd", a.GetInheritable)
	s.do("fcntl setfd", func() error { return a.SetInheritable(false) })
	flag("fcntl getfl", a.GetNonblock)
	number("ioctl", a.Inq)
	number("ioctl outq", a.Outq)
	s.do("dup", func() error { _, err := a.Dup(); return err })
	s.do("dup3", func() error { _, err := a.Dup3(1000, unix.O_CLOEXEC); return err })
	s.do("connect AF_UNSPEC", udp.Disconnect)
	s.do("setsockopt NULL", func() error { return udp.SetsockoptNull(unix.SOL_SOCKET, unix.SO_BINDTODEVICE, 0) })
	fds, second := []rawsock.PollFd{{Fd: int32(w), Events: unix.POLLOUT}}, time.Second
	number("poll", func() (int, error) { return rawsock.Poll(fds, 7) })
	number("ppoll", func() (int, error) { return rawsock.Ppoll(fds, &second, &rawsock.Sigset{}) })
	var set rawsock.FdSet
	s.err = firstOf(s.err, set.Set(w))
	number("select", func() (int, error) { return rawsock.Select(int(w)+1, nil, &set, nil, &second) })
	number("pselect6", func() (int, error) { return rawsock.Pselect(int(w)+1, nil, &set, nil, &second, &rawsock.Sigset{}) })
	mark(aside)
	return s.err
}

func TestOneMoveIsOneSystemCall(t *testing.T) {
	sockettest.NeedProgram(t, "strace")
	steps := tracedHelper(t, "moves")
	if len(steps) < 24 {
		t.Errorf("%d steps, want at least 24", len(steps))
	}
	for _, s := range steps {
		if len(s.calls) != 1 || !strings.HasPrefix(s.calls[0], s.call()+"(") {
			t.Errorf("%s: want one %s, got %q", s.name, s.call(), s.calls)
		}
	}
	text := fmt.Sprint(steps)
	for _, want := range []string{ // no byte, no buffer and no flag is added
		"msg_iovlen=2, msg_controllen=0, msg_flags=0}, MSG_EOR) = 3",
		"{msg_name=NULL, msg_namelen=0, msg_iov=[",
		"msg_iov=NULL, msg_iovlen=0, msg_control=[{",
		"SO_BINDTODEVICE, NULL, 0) = 0",
		"msg_flags=0}, msg_len=1}], 3, MSG_EOR) = 3", "3, MSG_WAITFORONE, NULL) = 3",
		"connect(", "{sa_family=AF_UNSPEC,", "}, 16) = 0",
		"F_DUPFD_CLOEXEC, 100)", "F_SETFD, FD_CLOEXEC)", "1000, O_CLOEXEC)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no step has %s in\n%s", want, strings.ReplaceAll(text, "} {", "\n"))
		}
	}
}

func movesInterrupted() error {
	fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	for range loaderCloses {
		unix.FcntlInt(0, unix.F_GETFL, 0)
	}
	calls := everyMove(fd)
	calls["sendmmsg"] = func() error { _, err := fd.Sendmmsg(batchOf(1, 1), 0); return err }
	calls["recvmmsg"] = func() error { _, err := fd.Recvmmsg(batchOf(1, 1), 0, nil); return err }
	calls["poll"] = func() error { _, err := rawsock.Poll(nil, 1); return err }
	calls["ppoll"] = func() error { _, err := rawsock.Ppoll(nil, nil, nil); return err }
	calls["select"] = func() error { _, err := rawsock.Select(0, nil, nil, nil, nil); return err }
	calls["pselect6"] = func() error { _, err := rawsock.Pselect(0, nil, nil, nil, nil, nil); return err }
	return interrupted(calls)
}

func TestInterruptedMovesAreNotRepeated(t *testing.T) {
	sockettest.NeedProgram(t, "strace")
	const calls = "inject=readv,writev,sendmmsg,recvmmsg,?recvmmsg_time64,?sendfile,?sendfile64,splice,tee,vmsplice,dup,dup3,ioctl," +
		"?poll,ppoll,?ppoll_time64,?select,pselect6,?pselect6_time64:error=EINTR"
	fcntls := fmt.Sprintf("inject=fcntl,?fcntl64:error=EINTR:when=%d+", loaderCloses+1) // the runtime needs some
	steps := tracedHelper(t, "moves eintr", "-e", calls, "-e", fcntls)
	if len(steps) < 20 {
		t.Errorf("%d steps, want at least 20", len(steps))
	}
	for _, s := range steps {
		if len(s.calls) != 1 || !strings.HasPrefix(s.calls[0], s.call()+"(") || !strings.Contains(s.calls[0], "EINTR") {
			t.Errorf("%s: want one interrupted %s, got %q", s.name, s.call(), s.calls)
		}
	}
}
