package main

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestTraceShowsTheLoopsCalls(t *testing.T) {
	p := start(t, "echo", "--trace", "tcp://127.0.0.1:0")
	c := dialTCP(t, tcp(t, p.listening(1)[0]))
	expectEcho(t, c)
	c.Close()
	for _, text := range []string{
		"socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_IP) = ",
		`bind(`, `{sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")}, 16) = 0`,
		", SOCK_CLOEXEC|SOCK_NONBLOCK) = -1 EAGAIN (Resource temporarily unavailable)",
		", MSG_DONTWAIT|MSG_NOSIGNAL, NULL, 0) = ", ", MSG_DONTWAIT, NULL, NULL) = 0",
	} {
		p.expectLine(text)
	}
	p.signal(unix.SIGTERM)
	p.expectExit(exitOK)
}
