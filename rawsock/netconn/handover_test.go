package netconn_test

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netconn"
)

// TestHandOverFromNet takes connections of package net, and a file, over.
func TestHandOverFromNet(t *testing.T) {
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer l.Close()
	client := must(net.Dial("tcp", l.Addr().String()))(t)
	defer client.Close()
	ours := must(netconn.NewListener(must(netconn.DupFD(l))(t)))(t)
	defer ours.Close()
	server := must(ours.AcceptContext(t.Context()))(t)
	defer server.Close()
	file := must(client.(*net.TCPConn).File())(t)
	defer file.Close()
	for _, v := range []any{client, file} {
		fd := must(netconn.DupFD(v))(t)
		if inherited, err := fd.GetInheritable(); inherited || err != nil {
			t.Errorf("the duplicate of a %T is inheritable: %v, %v", v, inherited, err)
		}
		c := must(netconn.New(fd, netconn.Config{}))(t)
		must(c.Write([]byte("x")))(t)
		if n, err := server.Read(make([]byte, 2)); n != 1 || err != nil {
			t.Errorf("Read = %d, %v", n, err)
		}
		if c.LocalAddr().String() != server.RemoteAddr().String() {
			t.Errorf("LocalAddr %v, the other's RemoteAddr %v", c.LocalAddr(), server.RemoteAddr())
		}
		c.Close()
	}
	must(client.Write([]byte("y")))(t) // it is open still
	if _, err := netconn.DupFD(tls.Client(client, &tls.Config{})); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("DupFD of a *tls.Conn: %v", err)
	}
}

// TestHandOverToNet gives a connection of this package to package net.
func TestHandOverToNet(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	fd := must(netconn.DupFD(a))(t)
	file := os.NewFile(uintptr(fd), "pair")
	c := must(net.FileConn(file))(t)
	file.Close()
	defer c.Close()
	a.Close()
	must(c.Write([]byte("x")))(t)
	if n, err := b.Read(make([]byte, 2)); n != 1 || err != nil {
		t.Errorf("Read = %d, %v", n, err)
	}
}

func TestDetach(t *testing.T) {
	fds := must(rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0))(t)
	defer fds[1].Close()
	c := must(netconn.New(fds[0], netconn.Config{Prefix: []byte("abc")}))(t)
	must(c.Read(make([]byte, 1)))(t)
	fd, prefix, err := c.Detach()
	if err != nil || string(prefix) != "bc" {
		t.Fatalf("Detach = %q, %v", prefix, err)
	}
	_, err = c.Read(make([]byte, 1))
	wantOp(t, err, "read", net.ErrClosed)
	again := must(netconn.New(fd, netconn.Config{Prefix: prefix}))(t)
	defer again.Close()
	must(fds[1].Send([]byte("d"), 0))(t)
	buf := make([]byte, 4)
	for _, want := range []string{"bc", "d"} {
		if n, err := again.Read(buf); string(buf[:n]) != want || err != nil {
			t.Errorf("Read = %q, %v, want %q", buf[:n], err, want)
		}
	}
	if _, _, err := c.Detach(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Detach again: %v", err)
	}
}
