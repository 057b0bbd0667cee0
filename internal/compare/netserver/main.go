//go:build linux

// Command netserver is the echo service on package net: one goroutine per
// connection, each with its own buffer. It is the peer that "against net"
// figures refer to.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
)

// bufSize holds the largest message of the workloads, so that one message is
// one read; a larger buffer would only cost memory at 10 000 connections.
const bufSize = 16 << 10

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "TCP address to listen on")
	flag.Parse()
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "netserver:", err)
		os.Exit(1)
	}
	fmt.Fprintf(os.Stderr, "listening tcp %s\n", ln.Addr())
	for {
		c, err := ln.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, "netserver:", err)
			os.Exit(1)
		}
		go echo(c)
	}
}

// echo returns what c sends until either direction fails. Package net sets
// TCP_NODELAY itself.
func echo(c net.Conn) {
	defer c.Close()
	buf := make([]byte, bufSize)
	for {
		n, err := c.Read(buf)
		if n > 0 {
			if _, err := c.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
