package rawsock_test

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// sockStreams returns both ends of a TCP connection, with a timeout.
func sockStreams(t testing.TB) (client, served *rawsock.Sock) {
	t.Helper()
	l, addr := server(t, rawsock.ServerConfig{})
	client, err := rawsock.CreateConnection([]rawsock.Sockaddr{addr}, rawsock.ConnectionConfig{Timeout: patience})
	check(t, err)
	closing(t, client)
	served, _, err = l.Accept()
	check(t, err)
	closing(t, served)
	check(t, served.SetTimeout(patience))
	return client, served
}

// A7: a Sock closed by defer is closed however the function ends, and the peer
// sees the end of the stream.
func TestCloseByDefer(t *testing.T) {
	client, served := sockStreams(t)
	failing := func() error {
		defer client.Close()
		if _, err := client.Sendall([]byte("half a mess"), 0); err != nil {
			return err
		}
		return errors.New("something else")
	}
	if err := failing(); err == nil {
		t.Error("the function did not fail")
	}
	if client.FD != -1 {
		t.Errorf("descriptor %d after Close", client.FD)
	}
	got, err := io.ReadAll(served)
	if string(got) != "half a mess" || err != nil {
		t.Errorf("the peer got %q, %v", got, err)
	}
}

// D11: Close releases one descriptor; the connection ends with the last one, or
// with Shutdown, at once and for all of them. Every call on a closed Sock fails.
func TestCloseAndShutdown(t *testing.T) {
	client, served := sockStreams(t)
	dup, err := client.Dup()
	check(t, err)
	closing(t, dup)
	check(t, client.Close())
	check(t, served.SetTimeout(0))
	buf := make([]byte, 1)
	if n, err := served.Recv(buf, 0); err != unix.EAGAIN {
		t.Errorf("with a duplicate open: %d, %v", n, err)
	}
	if n, err := dup.Send([]byte("x"), 0); n != 1 || err != nil {
		t.Errorf("by the duplicate: %d, %v", n, err)
	}
	check(t, served.SetTimeout(patience))
	if n, err := served.Recvfull(buf, 0); n != 1 || err != nil {
		t.Errorf("from the duplicate: %d, %v", n, err)
	}
	check(t, dup.Shutdown(unix.SHUT_WR))
	if n, err := served.Recv(buf, 0); n != 0 || err != nil {
		t.Errorf("after Shutdown: %d, %v", n, err)
	}

	for name, err := range map[string]error{
		"accept": errOf2(client.Accept()), "connect": client.Connect(loopback(1)), "connect_ex": client.ConnectEx(loopback(1)),
		"send": errOf(client.Send(buf, 0)), "sendto": errOf(client.Sendto(buf, 0, loopback(1))), "sendall": errOf(client.Sendall(buf, 0)),
		"recv": errOf(client.Recv(buf, 0)), "recvfrom": errOf2(client.Recvfrom(buf, 0)), "recvfull": errOf(client.Recvfull(buf, 0)),
		"sendmsg": errOf(client.Sendmsg(&rawsock.Msghdr{}, 0)), "recvmsg": errOf(client.Recvmsg(&rawsock.Msghdr{}, 0)),
		"read": errOf(client.Read(buf)), "write": errOf(client.Write(buf)), "dup": errOf(client.Dup()),
		"settimeout": client.SetTimeout(1), "listen": client.Listen(1), "getsockname": errOf(client.Getsockname()),
	} {
		if err != error(unix.EBADF) {
			t.Errorf("%s of a closed Sock: %v", name, err)
		}
	}
}

func errOf2[T, U any](_ T, _ U, err error) error { return err }

// D15: how a dead connection is seen. A peer that closed is an empty read; one
// that reset is ECONNRESET once, then as if it had closed; sending to either is
// EPIPE, or ECONNRESET if the reset comes meanwhile.
func TestDeadConnection(t *testing.T) {
	buf := make([]byte, 8)
	client, served := sockStreams(t)
	check(t, served.Close())
	if n, err := client.Recv(buf, 0); n != 0 || err != nil {
		t.Errorf("recv from one that closed: %d, %v", n, err)
	}
	var err error
	for err == nil { // the first send is what makes the peer's kernel answer with a reset
		_, err = client.Send(buf, 0)
	}
	if err != unix.EPIPE && err != unix.ECONNRESET {
		t.Errorf("send to one that closed: %v", err)
	}

	client, served = sockStreams(t)
	check(t, unix.SetsockoptLinger(int(served.FD), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
	check(t, served.Close())
	wantErrno(t, errOf(client.Recv(buf, 0)), unix.ECONNRESET)
	if n, err := client.Recv(buf, 0); n != 0 || err != nil {
		t.Errorf("recv after the reset: %d, %v", n, err)
	}
	wantErrno(t, errOf(client.Send(buf, 0)), unix.EPIPE)
}

// F5: a timeout limits connecting too, and the next address gets its own.
func TestConnectTimesOut(t *testing.T) {
	silent := blackhole(t)
	_, alive := server(t, rawsock.ServerConfig{})
	start := time.Now()
	s := sock(t, unix.AF_INET, unix.SOCK_STREAM)
	check(t, s.SetTimeout(brief))
	wantTimeout(t, s.Connect(silent))
	takes(t, start, brief)

	start = time.Now()
	_, err := rawsock.CreateConnection([]rawsock.Sockaddr{silent, silent}, rawsock.ConnectionConfig{Timeout: brief})
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("two silent addresses: %v", err)
	}
	takes(t, start, 2*brief)
	c, err := rawsock.CreateConnection([]rawsock.Sockaddr{silent, alive}, rawsock.ConnectionConfig{Timeout: brief})
	check(t, err)
	closing(t, c)
	if peer, err := c.Getpeername(); err != nil || peer != alive {
		t.Errorf("connected to %v, %v; want %v", peer, err, alive)
	}
}

// F3: the default timeout is for sockets made after it was set.
func TestDefaultTimeoutLimitsConnect(t *testing.T) {
	silent := blackhole(t)
	before := sock(t, unix.AF_INET, unix.SOCK_STREAM)
	check(t, rawsock.SetDefaultTimeout(brief))
	defer rawsock.SetDefaultTimeout(rawsock.NoTimeout)
	_, err := rawsock.CreateConnection([]rawsock.Sockaddr{silent}, rawsock.ConnectionConfig{})
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("by default: %v", err)
	}
	if before.GetTimeout() != rawsock.NoTimeout || rawsock.GetDefaultTimeout() != brief {
		t.Errorf("one made before has %v, the default is %v", before.GetTimeout(), rawsock.GetDefaultTimeout())
	}
}

// F8: send waits for room and recv for data. Two sides that both send more than
// fits and do not receive wait for each other, until a timeout ends it; if one
// receives, all of it arrives.
func TestBothSendDeadlock(t *testing.T) {
	const much = 32 << 20 // more than both sides' buffers grow to
	client, served := sockStreams(t)
	check(t, client.SetTimeout(5*brief))
	check(t, served.SetTimeout(5*brief))
	var sent [2]int
	var errs [2]error
	done := make(chan bool)
	for i, s := range []*rawsock.Sock{client, served} {
		go func() {
			sent[i], errs[i] = s.Sendall(make([]byte, much), 0)
			done <- true
		}()
	}
	<-done
	<-done
	for i := range sent {
		wantTimeout(t, errs[i])
		if sent[i] == 0 || sent[i] == much {
			t.Errorf("side %d sent %d of %d", i, sent[i], much)
		}
	}
	check(t, client.SetTimeout(patience))
	check(t, served.SetTimeout(patience))
	if n, err := client.Recvfull(make([]byte, sent[1]), 0); n != sent[1] || err != nil {
		t.Fatalf("%d of %d, %v", n, sent[1], err)
	}
	go func() {
		sent[1], errs[1] = served.Sendall(make([]byte, much), 0)
		done <- true
	}()
	if n, err := client.Recvfull(make([]byte, much), 0); n != much || err != nil {
		t.Errorf("%d of %d, %v", n, much, err)
	}
	<-done
	if sent[1] != much || errs[1] != nil {
		t.Errorf("sent %d of %d, %v", sent[1], much, errs[1])
	}
}

func TestRetryEINTR(t *testing.T) {
	left := 3
	call := func(last error) func() error {
		return func() error {
			if left--; left > 0 {
				return unix.EINTR
			}
			return last
		}
	}
	check(t, rawsock.RetryEINTR(call(nil)))
	if left != 0 {
		t.Errorf("%d calls too few", left)
	}
	left = 3
	wantErrno(t, rawsock.RetryEINTR(call(unix.EAGAIN)), unix.EAGAIN)
}

// An empty datagram is no end of a file, and takes its place in the queue.
func TestReadOfDatagrams(t *testing.T) {
	a, b := sockPair(t, unix.SOCK_DGRAM, patience)
	for _, p := range []string{"", "x"} {
		if n, err := a.Write([]byte(p)); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
	}
	buf := make([]byte, 4)
	for _, want := range []int{0, 1} {
		if n, err := b.Read(buf); n != want || err != nil {
			t.Errorf("%d, %v, want %d", n, err, want)
		}
	}
}
