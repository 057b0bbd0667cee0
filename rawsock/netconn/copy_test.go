package netconn_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netconn"
)

// noise returns n bytes, the same ones each time.
func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// drained reads c to its end in the background.
func drained(c io.Reader) <-chan []byte {
	all := make(chan []byte, 1)
	go func() { b, _ := io.ReadAll(c); all <- b }()
	return all
}

func tcpPair(t testing.TB) (a, b *netconn.Conn) {
	return connected(t, listener(t, unix.SOCK_STREAM, inet("127.0.0.1:0")(t)), unix.SOCK_STREAM)
}

// stdPair is a connection of package net.
func stdPair(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer l.Close()
	a = must(net.Dial("tcp", l.Addr().String()))(t)
	b = must(l.Accept())(t)
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// file is a file with those bytes, read from the first.
func file(t testing.TB, data []byte) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f := must(os.Open(name))(t)
	t.Cleanup(func() { f.Close() })
	return f
}

// say writes data to c and closes it for writing, in the background.
func say(c interface {
	io.Writer
	CloseWrite() error
}, data []byte) {
	go func() { c.Write(data); c.CloseWrite() }()
}

// TestReadFrom: whatever the source is, what arrives is what it had, within the
// limit that was set for it.
func TestReadFrom(t *testing.T) {
	data := noise(300_000)
	const cut = 150_001
	for name, source := range map[string]func(*testing.T) io.Reader{
		"file":   func(t *testing.T) io.Reader { return file(t, data) },
		"memory": func(*testing.T) io.Reader { return bytes.NewReader(data) },
		"net": func(t *testing.T) io.Reader {
			a, b := stdPair(t)
			say(a.(*net.TCPConn), data)
			return b
		},
		"netconn": func(t *testing.T) io.Reader {
			a, b := tcpPair(t)
			say(a, data)
			return b
		},
		"netconn with a prefix": func(t *testing.T) io.Reader {
			fds := must(rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0))(t)
			a := must(netconn.New(fds[0], netconn.Config{}))(t)
			b := must(netconn.New(fds[1], netconn.Config{Prefix: data[:70_000]}))(t)
			t.Cleanup(func() { a.Close(); b.Close() })
			say(a, data[70_000:])
			return b
		},
	} {
		for _, limited := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				src, want := source(t), data
				if limited {
					src, want = &io.LimitedReader{R: src, N: cut}, data[:cut]
				}
				a, b := tcpPair(t)
				got := drained(b)
				if n, err := io.Copy(a, src); n != int64(len(want)) || err != nil {
					t.Errorf("copied %d, %v, want %d", n, err, len(want))
				}
				a.Close()
				if !bytes.Equal(<-got, want) {
					t.Error("what arrived is something else")
				}
				if l, ok := src.(*io.LimitedReader); ok && l.N != 0 {
					t.Errorf("the limit has %d left, want 0", l.N)
				}
			})
		}
	}
}

// TestWriteTo: whatever the destination is, it gets what the connection had.
func TestWriteTo(t *testing.T) {
	data := noise(300_000)
	for name, sink := range map[string]func(*testing.T) (io.Writer, func() []byte){
		"net": func(t *testing.T) (io.Writer, func() []byte) {
			a, b := stdPair(t)
			got := drained(b)
			return a, func() []byte { a.Close(); return <-got }
		},
		"netconn": func(t *testing.T) (io.Writer, func() []byte) {
			a, b := tcpPair(t)
			got := drained(b)
			return a, func() []byte { a.Close(); return <-got }
		},
		"memory": func(t *testing.T) (io.Writer, func() []byte) {
			var b bytes.Buffer
			return &b, b.Bytes
		},
		"file":             func(t *testing.T) (io.Writer, func() []byte) { return fileSink(t, 0) },
		"file that grows":  func(t *testing.T) (io.Writer, func() []byte) { return fileSink(t, os.O_APPEND) },
		"type of a caller": func(t *testing.T) (io.Writer, func() []byte) { return maskedSink(t) },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := tcpPair(t)
			say(a, data)
			w, got := sink(t)
			if n, err := io.Copy(w, b); n != int64(len(data)) || err != nil {
				t.Errorf("copied %d, %v, want %d", n, err, len(data))
			}
			if !bytes.Equal(got(), data) {
				t.Error("what arrived is something else")
			}
		})
	}
}

func fileSink(t *testing.T, flags int) (io.Writer, func() []byte) {
	name := filepath.Join(t.TempDir(), "file")
	f := must(os.OpenFile(name, os.O_CREATE|os.O_WRONLY|flags, 0o600))(t)
	t.Cleanup(func() { f.Close() })
	return f, func() []byte { return must(os.ReadFile(name))(t) }
}

// masked has the SyscallConn of what it embeds, and a Write of its own.
type masked struct{ *net.TCPConn }

func (m masked) Write(p []byte) (int, error) {
	q := make([]byte, len(p))
	for i, c := range p {
		q[i] = ^c
	}
	return m.TCPConn.Write(q)
}

func (m masked) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{m}, r) }

func maskedSink(t *testing.T) (io.Writer, func() []byte) {
	a, b := stdPair(t)
	got := drained(b)
	return masked{a.(*net.TCPConn)}, func() []byte {
		a.Close()
		p := <-got
		for i, c := range p {
			p[i] = ^c
		}
		return p
	}
}

func TestWriteBuffers(t *testing.T) {
	data := noise(3 << 20)
	a, b := tcpPair(t)
	got := drained(b)
	var v net.Buffers
	for rest := data; len(rest) > 0; { // more than IOV_MAX of them, and more than fits at once
		n := min(len(rest), 1+len(v)%2000)
		v, rest = append(v, rest[:n], nil), rest[n:]
	}
	if n, err := a.WriteBuffers(&v); n != int64(len(data)) || err != nil || len(v) != 0 {
		t.Errorf("WriteBuffers = %d, %v and left %d buffers", n, err, len(v))
	}
	a.Close()
	if !bytes.Equal(<-got, data) {
		t.Error("what arrived is something else")
	}
	v = net.Buffers{[]byte("x")}
	_, err := a.WriteBuffers(&v)
	wantOp(t, err, "write", net.ErrClosed)
}
