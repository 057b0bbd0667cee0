package netconn_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netconn"
)

// A socket that was made by hand, and from which something was read already, becomes
// a net.Conn.
func ExampleNew() {
	fds, err := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := fds[1].Send([]byte("GET /index.html"), 0); err != nil {
		log.Fatal(err)
	}
	fds[1].Close()

	verb := make([]byte, 3)
	if _, err := fds[0].Recv(verb, 0); err != nil {
		log.Fatal(err)
	}
	var c net.Conn
	if c, err = netconn.New(fds[0], netconn.Config{Prefix: verb}); err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	all, err := io.ReadAll(c)
	fmt.Println(string(all), err)
	// Output: GET /index.html <nil>
}

// Package net/http on sockets with options that package net has no name for.
func ExampleListenConfig_Listen() {
	var server netconn.ListenConfig
	server.Control = func(fd rawsock.FD) error { return rawsock.SORcvBuf.Set(fd, 1<<20) }
	l, err := server.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") })}
	go s.Serve(l)
	defer s.Close()

	var client netconn.DialConfig
	client.Control = func(fd rawsock.FD) error { return rawsock.IPTOS.Set(fd, 0x10) }
	web := http.Client{Transport: &http.Transport{DialContext: client.DialContext}}
	defer web.CloseIdleConnections()
	resp, err := web.Get("http://" + l.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(string(body), err)
	// Output: hello <nil>
}

// A connection of package net gets an option of package rawsock, and goes on as
// itself.
func ExampleDupFD() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	fd, err := netconn.DupFD(l)
	if err != nil {
		log.Fatal(err)
	}
	defer fd.Close() // the duplicate
	if err := rawsock.IPTOS.Set(fd, 0x10); err != nil {
		log.Fatal(err)
	}
	tos, err := rawsock.IPTOS.Get(fd)
	fmt.Printf("%#x %v\n", tos, err)
	// Output: 0x10 <nil>
}
