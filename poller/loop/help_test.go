package loop_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/poller"
	"github.com/rawloop/rawloop/poller/loop"
)

// patience is how long a test waits for what should happen at once.
const patience = 10 * time.Second

// calls is a Handler made of functions. What is nil consumes everything or
// does what loop.Base does.
type calls struct {
	open  func(c loop.Conn)
	data  func(c loop.Conn, in []byte) int
	eof   func(c loop.Conn, rest []byte)
	drain func(c loop.Conn)
	close func(c loop.Conn, cause error)
}

func (h *calls) OnOpen(c loop.Conn) {
	if h.open != nil {
		h.open(c)
	}
}

func (h *calls) OnData(c loop.Conn, in []byte) int {
	if h.data != nil {
		return h.data(c, in)
	}
	return len(in)
}

func (h *calls) OnReadEOF(c loop.Conn, rest []byte) {
	if h.eof != nil {
		h.eof(c, rest)
		return
	}
	c.Close()
}

func (h *calls) OnDrain(c loop.Conn) {
	if h.drain != nil {
		h.drain(c)
	}
}

func (h *calls) OnClose(c loop.Conn, cause error) {
	if h.close != nil {
		h.close(c, cause)
	}
}

// always is a newHandler that gives every connection the same Handler.
func always(h loop.Handler) func(loop.Conn) loop.Handler {
	return func(loop.Conn) loop.Handler { return h }
}

// echo sends back what it gets.
type echo struct{ loop.Base }

func (echo) OnData(c loop.Conn, in []byte) int {
	n, _ := c.Write(in)
	return n
}

// server is a group that serves, on its own goroutines unless it is part of a
// stepper.
type server struct {
	*loop.Group
	t     testing.TB
	lis   *loop.Listener
	ended chan struct{} // closed when Run has returned
	err   error         // what it returned
}

// serve runs a group that listens on addr until the test ends.
func serve(t testing.TB, cfg loop.Config, addr string, newHandler func(loop.Conn) loop.Handler) *server {
	t.Helper()
	g, err := loop.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, g, addr, newHandler)
}

// run is serve for a group that the test made.
func run(t testing.TB, g *loop.Group, addr string, newHandler func(loop.Conn) loop.Handler) *server {
	t.Helper()
	s := &server{Group: g, t: t, ended: make(chan struct{})}
	go func() {
		s.err = g.Run()
		close(s.ended)
	}()
	t.Cleanup(func() {
		_ = g.Close()
		receive(t, s.ended, "Run returns")
		if s.err != nil {
			t.Errorf("Run: %v", s.err)
		}
	})
	s.listen(addr, newHandler)
	return s
}

func (s *server) listen(addr string, newHandler func(loop.Conn) loop.Handler) {
	s.t.Helper()
	lis, err := s.Listen(addr, newHandler)
	if err != nil {
		s.t.Fatal(err)
	}
	s.lis = lis
}

// dial connects a net.Conn to s. It is closed when the test ends and gives up
// after patience.
func (s *server) dial() net.Conn {
	s.t.Helper()
	network, addr, _ := strings.Cut(s.lis.String(), " ")
	c, err := net.DialTimeout(network, addr, patience)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// peer is a client on a bare nonblocking descriptor.
type peer struct {
	t   testing.TB
	fd  int
	end error // what recv(2) said at the end of the stream
}

// connect is dial for a peer. It is closed when the test ends.
func (s *server) connect() *peer {
	s.t.Helper()
	var to unix.Sockaddr
	domain := unix.AF_UNIX
	if ap := s.lis.Addr().AddrPort(); ap.IsValid() {
		domain, to = unix.AF_INET, &unix.SockaddrInet4{Addr: ap.Addr().As4(), Port: int(ap.Port())}
	} else {
		name, _ := s.lis.Addr().Unix()
		to = &unix.SockaddrUnix{Name: name}
	}
	fd, err := unix.Socket(domain, unix.SOCK_STREAM, 0)
	must(s.t, err)
	unix.CloseOnExec(fd)
	p := &peer{t: s.t, fd: fd}
	s.t.Cleanup(p.close)
	must(s.t, unix.Connect(fd, to))
	must(s.t, unix.SetNonblock(fd, true))
	return p
}

// send sends all of b, which must fit into the kernel's buffers.
func (p *peer) send(b string) {
	p.t.Helper()
	if n, err := unix.SendmsgN(p.fd, []byte(b), nil, nil, unix.MSG_NOSIGNAL); n != len(b) || err != nil {
		p.t.Fatalf("send of %d bytes: %d, %v", len(b), n, err)
	}
}

// recv returns what is there, "" if nothing is, and how the stream ended:
// io.EOF or an errno, from then on.
func (p *peer) recv() (string, error) {
	if p.end != nil {
		return "", p.end
	}
	buf := make([]byte, 64<<10)
	n, err := unix.Read(p.fd, buf)
	switch {
	case err == unix.EAGAIN:
		return "", nil
	case err != nil:
		p.end = err
	case n == 0:
		p.end = io.EOF
	default:
		return string(buf[:n]), nil
	}
	return "", p.end
}

// discard reads until there is nothing and returns how much that was.
func (p *peer) discard() (n int) {
	for {
		b, err := p.recv()
		if b == "" || err != nil {
			return n
		}
		n += len(b)
	}
}

func (p *peer) shutdown() {
	p.t.Helper()
	must(p.t, unix.Shutdown(p.fd, unix.SHUT_WR))
}

// reset closes with a reset, if this is TCP.
func (p *peer) reset() {
	p.t.Helper()
	must(p.t, unix.SetsockoptLinger(p.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
	p.close()
}

func (p *peer) close() {
	if p.fd >= 0 {
		_ = unix.Close(p.fd)
		p.fd = -1
	}
}

// halfClose sends a FIN.
func halfClose(t testing.TB, c net.Conn) {
	t.Helper()
	must(t, c.(interface{ CloseWrite() error }).CloseWrite())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// receive waits for a value.
func receive[T any](t testing.TB, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("not within %v: %s", patience, what)
		panic("unreachable")
	}
}

// way is one of the ways in which a test is run: kind of socket and backend.
type way struct {
	network string
	backend poller.Backend
}

func (w way) String() string { return fmt.Sprintf("%s-%s", w.network, w.backend) }

// addr is an address to listen on.
func (w way) addr(t testing.TB) string {
	t.Helper()
	if w.network == "unix" {
		return unixAddr(t)
	}
	return "tcp://127.0.0.1:0"
}

const (
	tcpAddr  = "tcp://127.0.0.1:0"
	bestPoll = poller.Backend("")
)

// unixAddr is the address of a socket in a new directory with a short name.
func unixAddr(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return "unix://" + filepath.Join(dir, "s")
}

// eachWay runs a test over TCP and unix sockets, on the best backend and on
// poll(2), which has no edges.
func eachWay(t *testing.T, f func(t *testing.T, w way)) {
	eachBackend(t, f)
	eachUnix(t, f)
}

// eachBackend runs a test over TCP on both backends.
func eachBackend(t *testing.T, f func(t *testing.T, w way)) { onBackends(t, "tcp", f) }

// eachUnix runs a test over unix sockets on both backends.
func eachUnix(t *testing.T, f func(t *testing.T, w way)) { onBackends(t, "unix", f) }

func onBackends(t *testing.T, network string, f func(t *testing.T, w way)) {
	for _, backend := range []poller.Backend{bestPoll, poller.Poll} {
		w := way{network, backend}
		t.Run(w.String(), func(t *testing.T) { f(t, w) })
	}
}

// pattern fills p with what stream id carries at offset off, so that a byte
// from another stream or place is seen.
func pattern(p []byte, id, off int) {
	for i := range p {
		x := uint32(off+i)*2654435761 + uint32(id)*40503
		p[i] = byte(x>>24) ^ byte(x>>11)
	}
}

// patterned returns the first n bytes of stream id.
func patterned(id, n int) []byte {
	p := make([]byte, n)
	pattern(p, id, 0)
	return p
}

// writePattern writes n bytes of stream id in pieces of at most piece.
func writePattern(w io.Writer, id, n, piece int) error {
	buf := make([]byte, piece)
	for off := 0; off < n; off += len(buf) {
		buf = buf[:min(len(buf), n-off)]
		pattern(buf, id, off)
		if _, err := w.Write(buf); err != nil {
			return fmt.Errorf("at byte %d: %w", off, err)
		}
	}
	return nil
}

// readPattern reads n bytes of stream id and checks each.
func readPattern(r io.Reader, id, n int) error {
	return comparePattern(r, id, n, make([]byte, 16<<10))
}

func comparePattern(r io.Reader, id, n int, buf []byte) error {
	want := make([]byte, len(buf))
	for off := 0; off < n; {
		m, err := r.Read(buf[:min(len(buf), n-off)])
		pattern(want[:m], id, off)
		if at := firstDifference(buf[:m], want[:m]); at >= 0 {
			return fmt.Errorf("wrong byte at %d", off+at)
		}
		if off += m; err != nil && off < n {
			return fmt.Errorf("after %d of %d bytes: %w", off, n, err)
		}
	}
	return nil
}

func firstDifference(a, b []byte) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

// readEOF checks that nothing more comes and that the end is clean.
func readEOF(r io.Reader) error {
	n, err := r.Read(make([]byte, 1))
	if n != 0 || err != io.EOF {
		return fmt.Errorf("want EOF, got %d bytes, error %v", n, err)
	}
	return nil
}
