package rawsock_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// A server and a client as Python's create_server and create_connection make
// them.
func ExampleCreateServer() {
	here := rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 0)
	l, err := rawsock.CreateServer([]rawsock.Sockaddr{here}, rawsock.ServerConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	addr, err := l.Getsockname() // with the port that the kernel chose
	if err != nil {
		log.Fatal(err)
	}

	client, err := rawsock.CreateConnection([]rawsock.Sockaddr{addr}, rawsock.ConnectionConfig{Timeout: time.Second})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	served, _, err := l.Accept()
	if err != nil {
		log.Fatal(err)
	}
	if _, err := served.Sendall([]byte("hello, world"), 0); err != nil {
		log.Fatal(err)
	}
	if err := served.Close(); err != nil {
		log.Fatal(err)
	}
	all, err := io.ReadAll(client)
	fmt.Printf("%s, %v\n", all, err)
	// Output: hello, world, <nil>
}

// Each address is tried, and each failure is told.
func ExampleCreateConnection() {
	_, err := rawsock.CreateConnection([]rawsock.Sockaddr{
		rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 1),
		rawsock.SockaddrInet4([4]byte{127, 0, 0, 2}, 1),
	}, rawsock.ConnectionConfig{Timeout: time.Second})
	fmt.Println(err)
	fmt.Println(errors.Is(err, unix.ECONNREFUSED))
	// Output:
	// connect 127.0.0.1:1: connection refused
	// connect 127.0.0.2:1: connection refused
	// true
}

// The three modes of a socket without input.
func ExampleSock_SetTimeout() {
	fds, err := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer fds[1].Close()
	s, err := rawsock.FromFD(fds[0])
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	buf := make([]byte, 10)
	for _, timeout := range []time.Duration{0, 10 * time.Millisecond} {
		if err := s.SetTimeout(timeout); err != nil {
			log.Fatal(err)
		}
		_, err := s.Recv(buf, 0)
		fmt.Println(timeout, s.GetBlocking(), err == unix.EAGAIN, errors.Is(err, os.ErrDeadlineExceeded))
	}
	// Output:
	// 0s false true false
	// 10ms true false true
}

// A server that only its owner can connect to, on a path that a dead server may
// have left behind.
func ExampleListenUnix() {
	dir, err := os.MkdirTemp("", "rawsock")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := dir + "/s"
	l, err := rawsock.ListenUnix(path, rawsock.UnixConfig{})
	if err != nil {
		log.Fatal(err)
	}
	file, err := os.Lstat(path)
	fmt.Println(file.Mode(), err)
	_, err = rawsock.ListenUnix(path, rawsock.UnixConfig{})
	fmt.Println(errors.Is(err, unix.EADDRINUSE))
	fmt.Println(l.Close())
	_, err = os.Lstat(path)
	fmt.Println(errors.Is(err, os.ErrNotExist))
	// Output:
	// Srw------- <nil>
	// true
	// <nil>
	// true
}
