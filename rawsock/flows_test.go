package rawsock_test

import (
	"bytes"
	"io"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Rows A5, A17, D17, D19 and D20: the flow of a stream. The server goes socket,
// bind, listen, accept, and has a goroutine for each connection; the clients go
// socket, connect. What is sent arrives, in order, whatever parts it is sent and
// received in.
func TestFlowOfAStream_D19(t *testing.T) {
	const clients = 4
	l, addr := listener(t, loopback(0))
	served := make(chan error, clients+1)
	go func() { // the server
		for range clients {
			fd, _, err := l.Accept()
			if err != nil {
				served <- err
				return
			}
			go func() { served <- echo(fd) }()
		}
	}()
	answered := make(chan error, clients)
	for i := range clients {
		want := make([]byte, 1<<18)
		for j := range want {
			want[j] = byte(j>>8 ^ j ^ i)
		}
		fd := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
		check(t, fd.Connect(addr))
		go func() { // it would wait for room while the server waits for room (F8)
			_, err := rawsock.Sendall(fd, want, 0)
			if err == nil {
				err = fd.Shutdown(unix.SHUT_WR)
			}
			answered <- err
		}()
		got := make([]byte, len(want))
		if _, err := rawsock.Recvfull(fd, got, 0); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("client %d: %v; equal %v", i, err, bytes.Equal(got, want))
		}
		if n, err := fd.Recv(got, 0); n != 0 || err != nil {
			t.Errorf("client %d: %d more bytes, %v", i, n, err)
		}
	}
	for range clients {
		check(t, <-answered)
		check(t, <-served)
	}
}

// echo sends back what it receives, and closes fd when the peer is done.
func echo(fd rawsock.FD) error {
	buf := make([]byte, 1000)
	for {
		n, err := fd.Recv(buf, 0)
		if n > 0 {
			_, err = rawsock.Sendall(fd, buf[:n], 0)
		}
		if n == 0 || err != nil {
			if e := fd.Close(); err == nil {
				err = e
			}
			return err
		}
	}
}

// Rows A3, A5, D19 and D20: the flow of datagrams. The server goes socket, bind;
// the client is a socket alone, and gets its address with its first datagram.
func TestFlowOfDatagrams_D19(t *testing.T) {
	server, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	client := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	_, err := client.Sendto([]byte("ping"), 0, addr)
	check(t, err)
	buf := make([]byte, 10)
	n, from, err := server.Recvfrom(buf, 0)
	if err != nil || string(buf[:n]) != "ping" {
		t.Fatalf("%q, %v", buf[:n], err)
	}
	_, err = server.Sendto([]byte("pong"), 0, from)
	check(t, err)
	n, answerer, err := client.Recvfrom(buf, 0)
	if err != nil || string(buf[:n]) != "pong" || answerer != addr {
		t.Errorf("%q from %v, %v", buf[:n], answerer, err)
	}
}

// Row D16: one select(2) waits for several sockets. A peer that closed makes its
// socket readable for good: receiving nothing must end it, or the loop spins.
func TestSelectSeesTheEnd_D16(t *testing.T) {
	talks, talker := pair(t, unix.SOCK_STREAM)
	ends, ender := pair(t, unix.SOCK_STREAM)
	quiet, _ := pair(t, unix.SOCK_STREAM)
	_, err := talker.Write([]byte("x"))
	check(t, err)
	check(t, ender.Shutdown(unix.SHUT_WR))
	waits := map[rawsock.FD]error{talks: nil, ends: io.EOF, quiet: unix.EAGAIN}
	for range 2 {
		var set rawsock.FdSet
		last := rawsock.FD(0)
		for fd := range waits {
			check(t, set.Set(fd))
			last = max(last, fd)
		}
		if _, err := rawsock.Select(int(last)+1, &set, nil, nil, nil); err != nil {
			t.Fatal(err)
		}
		for fd, want := range waits {
			if set.IsSet(fd) != (want != unix.EAGAIN) {
				t.Errorf("readable %v where a receive is %v", set.IsSet(fd), want)
			}
		}
		if n, err := ends.Recv(make([]byte, 1), 0); n != 0 || err != nil {
			t.Errorf("the end: %d, %v", n, err)
		}
	}
}
