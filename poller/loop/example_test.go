package loop_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/rawloop/rawloop/poller/loop"
)

type echoServer struct{ loop.Base }

func (echoServer) OnData(c loop.Conn, in []byte) int {
	n, _ := c.Write(in) // what did not fit is offered again
	return n
}

// An echo server: what comes in goes out, and at the client's end the
// connection is closed.
func Example() {
	g, err := loop.New(loop.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	lis, err := g.Listen("tcp://127.0.0.1:0", func(loop.Conn) loop.Handler { return echoServer{} })
	if err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan error, 1)
	go func() { done <- g.Run() }()

	talk(lis, "hello\n")

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	report, err := g.Drain(ctx)
	fmt.Println(report.BytesUnsent, err, <-done)
	// Output:
	// hello
	// 0 <nil> <nil>
}

// lineServer answers each line with its length. It consumes whole lines; the loop
// keeps the beginning of one and offers it again when more has come.
type lineServer struct {
	loop.Base
	count int
}

func (h *lineServer) OnData(c loop.Conn, in []byte) int {
	rest := in
	for {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		if !whole {
			return len(in) - len(rest)
		}
		h.count++
		answer := fmt.Appendf(nil, "line %d has %d bytes\n", h.count, len(line))
		if _, err := c.Write(answer); err != nil {
			c.Abort() // this client asks much and reads nothing
			return len(in)
		}
		rest = after
	}
}

func (h *lineServer) OnReadEOF(c loop.Conn, rest []byte) {
	if len(rest) > 0 {
		_, _ = c.Write(fmt.Appendf(nil, "and %q is no line\n", rest))
	}
	c.Close() // when that is sent
}

// A protocol of lines: the handler says how much of its input it used.
func ExampleHandler() {
	g, lis := serveExample(func(loop.Conn) loop.Handler { return &lineServer{} })
	defer g.Close()
	talk(lis, "one\nthree\nfi")
	// Output:
	// line 1 has 3 bytes
	// line 2 has 5 bytes
	// and "fi" is no line
}

// A member of a room that belongs to one loop: its handlers run one at a time,
// so they share the map without a lock.
type member struct {
	loop.Base
	room map[loop.Conn]bool
}

func (m *member) OnOpen(c loop.Conn)           { m.room[c] = true }
func (m *member) OnClose(c loop.Conn, _ error) { delete(m.room, c) }
func (m *member) OnData(_ loop.Conn, in []byte) int {
	for c := range m.room {
		_, _ = c.Write(in) // one that reads too slowly misses it
	}
	return len(in)
}

// Broadcast: a handler writes to connections of its own loop. Send is for
// every other goroutine.
func ExampleConn_Send() {
	room := make(map[loop.Conn]bool)
	joined := make(chan loop.Conn, 1)
	g, lis := serveExample(func(c loop.Conn) loop.Handler {
		joined <- c
		return &member{room: room}
	})
	defer g.Close()
	c, err := net.Dial("tcp", lis.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	in := bufio.NewReader(c)

	// From this goroutine:
	if err := (<-joined).Send([]byte("welcome\n")); err != nil {
		fmt.Println(err)
	}
	line, _ := in.ReadString('\n')
	fmt.Print(line)

	// From a member's handler to all members:
	_, _ = io.WriteString(c, "hi all\n")
	line, _ = in.ReadString('\n')
	fmt.Print(line)
	// Output:
	// welcome
	// hi all
}

// impatient gives its client some time for the first byte.
type impatient struct {
	loop.Base
	timer *loop.Timer
}

func (h *impatient) OnOpen(c loop.Conn) {
	h.timer = c.Loop().AfterFunc(10*time.Millisecond, func() {
		_, _ = c.Write([]byte("too slow\n"))
		c.Close()
	})
}

func (h *impatient) OnData(c loop.Conn, in []byte) int {
	h.timer.Stop()
	n, _ := c.Write(in)
	return n
}

func (h *impatient) OnClose(loop.Conn, error) { h.timer.Stop() }

// Timers run on the loop, like every callback.
func ExampleLoop_AfterFunc() {
	g, lis := serveExample(func(loop.Conn) loop.Handler { return &impatient{} })
	defer g.Close()
	c, err := net.Dial("tcp", lis.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	answer, _ := io.ReadAll(c)
	fmt.Printf("%s", answer)
	// Output: too slow
}

// serveExample runs a group with one listener.
func serveExample(newHandler func(loop.Conn) loop.Handler) (*loop.Group, *loop.Listener) {
	g, err := loop.New(loop.Config{})
	if err != nil {
		panic(err)
	}
	lis, err := g.Listen("tcp://127.0.0.1:0", newHandler)
	if err != nil {
		panic(err)
	}
	go func() { _ = g.Run() }()
	return g, lis
}

// talk is a client: it sends text, half-closes and prints the answer.
func talk(lis *loop.Listener, text string) {
	c, err := net.Dial("tcp", lis.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	_, _ = io.WriteString(c, text)
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		fmt.Println(err)
	}
	answer, _ := io.ReadAll(c)
	fmt.Printf("%s", answer)
}
