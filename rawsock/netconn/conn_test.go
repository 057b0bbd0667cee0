package netconn_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netconn"
)

// wantOp fails the test unless err is a *net.OpError of op around target.
func wantOp(t testing.TB, err error, op string, target error) {
	t.Helper()
	e, ok := errors.AsType[*net.OpError](err)
	if !ok || e.Op != op || !errors.Is(err, target) {
		t.Errorf("got %#v (%v), want a *net.OpError of %s around %v", err, err, op, target)
	}
}

func TestNewRefuses(t *testing.T) {
	file := must(os.Open(os.DevNull))(t)
	defer file.Close()
	null := must(netconn.DupFD(file))(t)
	datagram, stream := socket(t, unix.AF_INET, unix.SOCK_DGRAM), socket(t, unix.AF_INET, unix.SOCK_STREAM)
	server := must(rawsock.CreateServer([]rawsock.Sockaddr{rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 0)}, rawsock.ServerConfig{}))(t)
	for _, fd := range []rawsock.FD{null, datagram, stream, server.FD} {
		defer fd.Close()
	}
	for _, tt := range []struct {
		name string
		fd   rawsock.FD
		make func(rawsock.FD) error
		want error
	}{
		{"New of a datagram socket", datagram, newConn, unix.EPROTOTYPE},
		{"New of a listener", server.FD, newConn, unix.EINVAL},
		{"New of a file", null, newConn, unix.ENOTSOCK},
		{"New of nothing", -1, newConn, unix.EBADF},
		{"NewListener of a connection", stream, newListener, unix.EINVAL},
		{"NewListener of a file", null, newListener, unix.ENOTSOCK},
		{"NewPacketConn of a stream", stream, newPacketConn, unix.EPROTOTYPE},
		{"NewPacketConn of a file", null, newPacketConn, unix.ENOTSOCK},
	} {
		if err := tt.make(tt.fd); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if _, err := tt.fd.Fcntl(unix.F_GETFD, 0); tt.fd >= 0 && err != nil {
			t.Errorf("%s: descriptor: %v, want it still open", tt.name, err)
		}
	}
}

func newConn(fd rawsock.FD) error       { _, err := netconn.New(fd, netconn.Config{}); return err }
func newListener(fd rawsock.FD) error   { _, err := netconn.NewListener(fd); return err }
func newPacketConn(fd rawsock.FD) error { _, err := netconn.NewPacketConn(fd); return err }

// TestOptionsStay looks for options that were set before, in what New and Accept
// made.
func TestOptionsStay(t *testing.T) {
	l := listener(t, unix.SOCK_STREAM, rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 0))
	fd := socket(t, unix.AF_INET, unix.SOCK_STREAM)
	if err := errors.Join(rawsock.IPTOS.Set(fd, 0x28), rawsock.SOKeepAlive.Set(fd, true), fd.Connect(sockaddr(t, l))); err != nil {
		t.Fatal(err)
	}
	c := must(netconn.New(fd, netconn.Config{}))(t)
	defer c.Close()
	defer must(l.Accept())(t).Close()
	err := c.Control(func(fd rawsock.FD) error {
		tos, err := rawsock.IPTOS.Get(fd)
		alive, err2 := rawsock.SOKeepAlive.Get(fd)
		delay, err3 := rawsock.TCPNoDelay.Get(fd)
		if tos != 0x28 || !alive || delay {
			t.Errorf("IP_TOS %#x, SO_KEEPALIVE %v, TCP_NODELAY %v; want 0x28, true, false", tos, alive, delay)
		}
		return errors.Join(err, err2, err3)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestReadEndsWithEOF(t *testing.T) {
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			a, b := connected(t, listener(t, p.typ, p.at(t)), p.typ)
			must(a.Write([]byte("last")))(t)
			if err := a.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 16)
			if n, err := b.Read(buf); n != 4 || err != nil {
				t.Fatalf("Read = %d, %v, want 4, nil", n, err)
			}
			if n, err := b.Read(buf); n != 0 || err != io.EOF {
				t.Errorf("Read at the end = %d, %v, want 0, io.EOF itself", n, err)
			}
			must(b.Write([]byte("back")))(t)
			if n, err := a.Read(buf); n != 4 || err != nil {
				t.Errorf("Read after CloseWrite = %d, %v, want 4, nil", n, err)
			}
		})
	}
}

// TestSeqpacketIsMessages: Write sends one message and Read takes one, of which
// what does not fit is gone.
func TestSeqpacketIsMessages(t *testing.T) {
	a, b := pair(t, unix.SOCK_SEQPACKET)
	for _, m := range []string{"first message", "second"} {
		must(a.Write([]byte(m)))(t)
	}
	if n, err := a.WriteBuffers(&net.Buffers{[]byte("thi"), nil, []byte("rd")}); n != 5 || err != nil {
		t.Fatalf("WriteBuffers = %d, %v, want 5, nil", n, err)
	}
	buf := make([]byte, 6)
	for _, want := range []string{"first ", "second", "third"} {
		if n, err := b.Read(buf); string(buf[:n]) != want || err != nil {
			t.Errorf("Read = %q, %v, want %q", buf[:n], err, want)
		}
	}
}

func TestCloseEndsWaiting(t *testing.T) {
	a, _ := pair(t, unix.SOCK_STREAM)
	l := listener(t, unix.SOCK_STREAM, abstract(t))
	u := must(netconn.NewPacketConn(bound(t, "127.0.0.1:0")))(t)
	fillUp(t, a)
	var wg sync.WaitGroup
	for op, call := range map[string]func() error{
		"read":   func() error { _, err := a.Read(make([]byte, 1)); return err },
		"write":  func() error { _, err := a.Write(make([]byte, 1)); return err },
		"accept": func() error { _, err := l.Accept(); return err },
	} {
		wg.Go(func() { wantOp(t, call(), op, net.ErrClosed) })
	}
	wg.Go(func() { _, _, err := u.ReadFrom(make([]byte, 1)); wantOp(t, err, "read", net.ErrClosed) })
	for _, c := range []io.Closer{a, l, u} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		wantOp(t, c.Close(), "close", net.ErrClosed)
	}
	within(t, "what waited", wg.Wait)
	_, err := a.Read(nil)
	wantOp(t, err, "read", net.ErrClosed)
	_, err = a.SyscallConn()
	wantOp(t, err, "control", net.ErrClosed)
	wantOp(t, a.CloseWrite(), "close", net.ErrClosed)
	wantOp(t, a.SetDeadline(time.Now()), "set", net.ErrClosed)
}

// fillUp writes until there is no more room.
func fillUp(t testing.TB, c *netconn.Conn) {
	t.Helper()
	for {
		err := c.Control(func(fd rawsock.FD) error { _, err := fd.Send(make([]byte, 4096), unix.MSG_DONTWAIT); return err })
		if err == unix.EAGAIN {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestUsableAfterTimeout(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	buf := make([]byte, 8)
	for _, d := range []time.Duration{-time.Second, time.Millisecond} {
		if err := a.SetReadDeadline(time.Now().Add(d)); err != nil {
			t.Fatal(err)
		}
		_, err := a.Read(buf)
		wantOp(t, err, "read", os.ErrDeadlineExceeded)
		if e, ok := errors.AsType[net.Error](err); !ok || !e.Timeout() {
			t.Errorf("%v is no timeout to net's users", err)
		}
	}
	if err := a.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	must(b.Write([]byte("hello")))(t)
	if n, err := a.Read(buf); n != 5 || err != nil {
		t.Errorf("Read after the timeout = %d, %v, want 5, nil", n, err)
	}
}

func TestContexts(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	l := listener(t, unix.SOCK_STREAM, abstract(t))
	fillUp(t, a)
	m := func() *rawsock.Msghdr { return &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 1)}} }
	for name, call := range map[string]func(context.Context) error{
		"read":    func(ctx context.Context) error { _, err := a.ReadContext(ctx, make([]byte, 1)); return err },
		"write":   func(ctx context.Context) error { _, err := a.WriteContext(ctx, make([]byte, 1)); return err },
		"recvmsg": func(ctx context.Context) error { _, err := a.Recvmsg(ctx, m(), 0); return err },
		"sendmsg": func(ctx context.Context) error { _, err := a.Sendmsg(ctx, m(), 0); return err },
		"accept":  func(ctx context.Context) error { _, err := l.AcceptContext(ctx); return err },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		within(t, name, func() {
			if err := call(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v, want it canceled", name, err)
			}
		})
		if err := call(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s of a context that is done: %v", name, err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
		within(t, name, func() {
			if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v, want its deadline exceeded", name, err)
			}
		})
		cancel()
	}
	must(b.Write([]byte("x")))(t)
	if n, err := a.Read(make([]byte, 8)); n != 1 || err != nil {
		t.Errorf("Read after all that = %d, %v, want 1, nil", n, err)
	}
}

// TestContextsAreOfOneCall: a context ends its own call and no other, and the
// deadline that was set holds on.
func TestContextsAreOfOneCall(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	first := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _, err := a.ReadContext(ctx, make([]byte, 1)); first <- err }()
	second := make(chan error, 1)
	go func() { _, err := a.Read(make([]byte, 1)); second <- err }()
	// Whichever of them sleeps in the kernel, the other waits behind it.
	cancel()
	select {
	case err := <-first:
		wantOp(t, err, "read", context.Canceled)
	case <-time.After(limit):
		t.Fatal("the context did not end its call")
	}
	select {
	case err := <-second:
		t.Fatalf("the other call: %v, want it to wait", err)
	default:
	}
	if err := a.SetReadDeadline(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	must(b.Write([]byte("x")))(t)
	if err := <-second; err != nil {
		t.Error(err)
	}
	if err := a.SetReadDeadline(time.Now().Add(2 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	short, cancel2 := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel2()
	_, err := a.ReadContext(short, make([]byte, 1))
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	_, err = a.Read(make([]byte, 1))
	wantOp(t, err, "read", os.ErrDeadlineExceeded)
}

func TestErrnoOfAPeerThatIsGone(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	b.Close()
	_, err := a.Write([]byte("x"))
	wantOp(t, err, "write", unix.EPIPE)
	if e, ok := errors.AsType[*os.SyscallError](err); !ok || e.Syscall != "write" {
		t.Errorf("%v names no system call", err)
	}
}

func TestPrefix(t *testing.T) {
	fds := must(rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0))(t)
	defer fds[1].Close()
	c := must(netconn.New(fds[0], netconn.Config{Prefix: []byte("read before")}))(t)
	defer c.Close()
	must(fds[1].Send([]byte(", and after"), 0))(t)
	_, err := c.SyscallConn()
	wantOp(t, err, "control", netconn.ErrPrefix)
	_, err = netconn.DupFD(c)
	wantOp(t, err, "control", netconn.ErrPrefix)
	_, err = c.Recvmsg(t.Context(), new(rawsock.Msghdr), 0)
	wantOp(t, err, "read", netconn.ErrPrefix)
	buf := make([]byte, 5)
	if n := must(c.Read(buf))(t); string(buf[:n]) != "read " || c.Buffered() != len("before") {
		t.Errorf("Read %q and left %d", buf[:n], c.Buffered())
	}
	if err := c.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	_, err = c.Read(buf)
	wantOp(t, err, "read", os.ErrDeadlineExceeded)
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := fds[1].Shutdown(unix.SHUT_WR); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if n, err := c.WriteTo(&out); n != 17 || err != nil || out.String() != "before, and after" {
		t.Errorf("WriteTo = %d, %v and %q", n, err, &out)
	}
	if _, err := c.SyscallConn(); err != nil {
		t.Error("SyscallConn when the prefix is read:", err)
	}
}

func TestConcurrentUse(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	const goroutines, each = 8, 200
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() {
			for range each {
				if _, err := a.Write(bytes.Repeat([]byte{byte(i)}, 64)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var mu sync.Mutex
	got := 0
	for range 4 {
		wg.Go(func() {
			for buf := make([]byte, 100); ; {
				n, err := b.Read(buf)
				if err != nil {
					return
				}
				mu.Lock()
				if got += n; got == goroutines*each*64 {
					b.Close()
				}
				mu.Unlock()
			}
		})
	}
	within(t, "all bytes", wg.Wait)
	if got != goroutines*each*64 {
		t.Errorf("%d bytes came, want %d", got, goroutines*each*64)
	}
}
