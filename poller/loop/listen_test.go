package loop_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/address"
	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/poller/loop"
	"github.com/rawloop/rawloop/rawsock"
)

// idle is a group that is never run.
func idle(t testing.TB, loops int) *loop.Group {
	t.Helper()
	g, err := loop.New(loop.Config{Loops: loops})
	must(t, err)
	t.Cleanup(func() { _ = g.Close() })
	return g
}

func TestListenErrors(t *testing.T) {
	dir := strings.TrimPrefix(unixAddr(t), "unix://")
	dir = filepath.Dir(dir)
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, []byte("precious"), 0o600))
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer busy.Close()
	for _, c := range []struct {
		addr string
		want error
		call string // of the ListenError
	}{
		{"tcp://" + busy.Addr().String(), unix.EADDRINUSE, "bind"},
		{"tcp://192.0.2.1:0", unix.EADDRNOTAVAIL, "bind"},
		{"tcp://[2001:db8::1]:0", unix.EADDRNOTAVAIL, "bind"},
		{"unix://" + filepath.Join(dir, "missing", "s"), unix.ENOENT, "bind"},
		{"unix://" + filepath.Join(file, "s"), unix.ENOTDIR, "bind"},
		{"unix://" + file, unix.EADDRINUSE, "bind"},
		{"udp://127.0.0.1:0", errors.ErrUnsupported, "listen"},
		{"unixgram://" + filepath.Join(dir, "g"), errors.ErrUnsupported, "listen"},
		{"unixpacket://" + filepath.Join(dir, "p"), errors.ErrUnsupported, "listen"},
	} {
		t.Run(c.addr, func(t *testing.T) {
			g := idle(t, 2)
			before := sockettest.OpenFDs(t)
			lis, err := g.Listen(c.addr, always(echo{}))
			var le *loop.ListenError
			if !errors.Is(err, c.want) || !errors.As(err, &le) || le.Call != c.call || lis != nil {
				t.Fatalf("%v, %v; want %s: %v", lis, err, c.call, c.want)
			}
			network, where, _ := strings.Cut(c.addr, "://")
			if text := err.Error(); !strings.Contains(text, network) || !strings.Contains(text, where) {
				t.Errorf("%q does not name %s", text, c.addr)
			}
			if now := sockettest.OpenFDs(t); now != before {
				t.Errorf("%d descriptors, %d before", now, before)
			}
		})
	}
	if b, err := os.ReadFile(file); string(b) != "precious" {
		t.Errorf("the file that was in the way: %q, %v", b, err)
	}
}

func TestListenRefusesText(t *testing.T) {
	g := idle(t, 1)
	for _, addr := range []string{
		"", "127.0.0.1", "127.0.0.1:http", "sctp://127.0.0.1:1", "tcp://127.0.0.1:65536", "tcp://127.0.0.1:-1",
		"tcp4://[::1]:0", "tcp6://127.0.0.1:0", "tcp://010.0.0.1:0", "tcp://::1:0", "unix://", "unix://" + strings.Repeat("x", 109),
		"fd://-1", "fd://x", "fd://4294967296", "tcp://127.0.0.1:0?nodelay=2", "tcp://127.0.0.1:0?colour=red", "unix://x?nodelay=1",
	} {
		lis, err := g.Listen(addr, always(echo{}))
		var ae *address.Error
		if !errors.As(err, &ae) || ae.Text != addr || lis != nil {
			t.Errorf("%q: %v, %T %v", addr, lis, err, err)
		}
	}
	if lis, err := g.Listen(tcpAddr, nil); err == nil {
		t.Errorf("no handlers: %v", lis)
	}
}

// dialable checks which of two loopback addresses reach a listener, and as whom
// the server sees the client there.
func TestFamilies(t *testing.T) {
	for _, c := range []struct {
		addr, network   string
		four, six       bool
		fourIs, localIs string // what a client of 127.0.0.1 is called, and its server
	}{
		{addr: "tcp://127.0.0.1:0", four: true, fourIs: "127.0.0.1", localIs: "127.0.0.1"},
		{addr: "127.0.0.1:0", four: true, fourIs: "127.0.0.1", localIs: "127.0.0.1"},
		{addr: "tcp4://0.0.0.0:0", four: true, fourIs: "127.0.0.1", localIs: "127.0.0.1"},
		{addr: "tcp4://:0", four: true, fourIs: "127.0.0.1", localIs: "127.0.0.1"},
		{addr: "tcp://localhost:0", four: true, fourIs: "127.0.0.1", localIs: "127.0.0.1"},
		{addr: "tcp://[::1]:0", six: true},
		{addr: "tcp6://[::]:0", six: true},
		{addr: "tcp://[::]:0", four: true, six: true, fourIs: "::ffff:127.0.0.1", localIs: "::ffff:127.0.0.1"},
		{addr: "tcp://:0", four: true, six: true, fourIs: "::ffff:127.0.0.1", localIs: "::ffff:127.0.0.1"},
	} {
		t.Run(c.addr, func(t *testing.T) {
			needIPv6(t, c.six)
			seen := make(chan [2]string, 8) // also for strays, which nobody receives
			families := map[string]bool{"127.0.0.1": c.four, "::1": c.six}
			port := ""
			for range 3 { // another program may have the port in the other family
				s := serve(t, loop.Config{}, c.addr, always(&calls{open: func(c loop.Conn) {
					seen <- [2]string{c.RemoteAddr().AddrPort().String(), c.LocalAddr().AddrPort().String()}
				}}))
				port = fmt.Sprint(s.lis.Addr().AddrPort().Port())
				if !strayListener(families, port) {
					break
				}
			}
			for ip, want := range families {
				conn, err := net.Dial("tcp", net.JoinHostPort(ip, port))
				if (err == nil) != want {
					t.Fatalf("%s reaches it: %v, want %v", ip, err == nil, want)
				}
				if err != nil {
					continue
				}
				got := receive(t, seen, "OnOpen")
				remote, local := ip, ip
				if ip == "127.0.0.1" {
					remote, local = c.fourIs, c.localIs
				}
				_, clientPort, _ := net.SplitHostPort(conn.LocalAddr().String())
				if got != [2]string{net.JoinHostPort(remote, clientPort), net.JoinHostPort(local, port)} {
					t.Errorf("%s: RemoteAddr and LocalAddr are %v", ip, got)
				}
				must(t, conn.Close())
			}
		})
	}
}

// strayListener reports whether anybody answers where nobody is wanted.
func strayListener(wanted map[string]bool, port string) bool {
	for ip, want := range wanted {
		if want {
			continue
		}
		if c, err := net.Dial("tcp", net.JoinHostPort(ip, port)); err == nil {
			_ = c.Close()
			return true
		}
	}
	return false
}

// needIPv6 skips the test on a machine without IPv6 on loopback.
func needIPv6(t *testing.T, needed bool) {
	t.Helper()
	lis, err := net.Listen("tcp6", "[::1]:0")
	if err == nil {
		err = lis.Close()
	}
	sockettest.Need(t, !needed || err == nil, fmt.Sprintf("IPv6 on loopback: %v", err))
}

// tcp6 leaves the port free for tcp4.
func TestV6Only(t *testing.T) {
	needIPv6(t, true)
	s := serve(t, loop.Config{}, "tcp6://[::]:0", always(echo{}))
	six, port := s.dial(), s.lis.Addr().AddrPort().Port()
	s.listen(fmt.Sprintf("tcp4://0.0.0.0:%d", port), always(echo{}))
	served(t, six, nil)
	four, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	must(t, err)
	served(t, four, nil)
	must(t, four.Close())
	if _, err := s.Listen(fmt.Sprintf("tcp://[::]:%d", port), always(echo{})); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("both families where both are taken: %v", err)
	}
}

func TestLoopsShareOnePort(t *testing.T) {
	s := serve(t, loop.Config{Loops: 3}, tcpAddr, always(echo{}))
	if s.lis.Addr().AddrPort().Port() == 0 {
		t.Error("Addr has port 0")
	}
	if want := "tcp " + s.lis.Addr().String(); s.lis.String() != want {
		t.Errorf("String is %q, want %q", s.lis.String(), want)
	}
	for range 30 {
		served(t, s.dial(), nil)
	}
	must(t, s.lis.Close())
	sockettest.Eventually(t, patience, func() bool {
		c, err := net.Dial("tcp", s.lis.Addr().String())
		if err == nil {
			_ = c.Close()
		}
		return errors.Is(err, unix.ECONNREFUSED)
	}, "no loop listens any more")
}

// A port that another group listens on is busy, however many loops either has.
func TestBusyPortWithSeveralLoops(t *testing.T) {
	for _, loops := range [][2]int{{1, 1}, {1, 2}, {2, 1}, {2, 2}} {
		s := serve(t, loop.Config{Loops: loops[0]}, tcpAddr, always(echo{}))
		served(t, s.dial(), nil)
		_, err := idle(t, loops[1]).Listen("tcp://"+s.lis.Addr().String(), always(echo{}))
		if !errors.Is(err, unix.EADDRINUSE) {
			t.Errorf("%d loops against %d: %v", loops[1], loops[0], err)
		}
	}
}

// With reuseport=1 on both sides two groups share a port on purpose.
func TestReusePortOption(t *testing.T) {
	s := serve(t, loop.Config{}, tcpAddr+"?reuseport=1", always(echo{}))
	served(t, s.dial(), nil)
	addr := "tcp://" + s.lis.Addr().String()
	_, err := idle(t, 1).Listen(addr+"?reuseport=1", always(echo{}))
	must(t, err)
	if _, err := idle(t, 1).Listen(addr, always(echo{})); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("without the option: %v", err)
	}
}

func TestUnixSocketFile(t *testing.T) {
	addr := unixAddr(t)
	path := strings.TrimPrefix(addr, "unix://")
	s := serve(t, loop.Config{Loops: 2}, addr, always(echo{}))
	if name, kind := s.lis.Addr().Unix(); name != path || kind != rawsock.UnixPath || s.lis.String() != "unix "+path {
		t.Errorf("Addr is %v %v, String %q", name, kind, s.lis)
	}
	served(t, s.dial(), nil)
	if _, err := s.Listen(addr, always(echo{})); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("again: %v", err)
	}
	old := s.dial()
	served(t, old, nil)
	must(t, s.lis.Close())
	sockettest.Eventually(t, patience, func() bool { return errors.Is(exists(path), fs.ErrNotExist) }, "the file is removed")
	served(t, old, nil)

	// The file of somebody else who came after it stays.
	s.listen(addr, always(echo{}))
	first := s.lis
	must(t, os.Remove(path))
	s.listen(addr, always(echo{}))
	must(t, first.Close())
	sockettest.Eventually(t, patience, func() bool { return s.Stats().Ignored == 0 && s.Loops()[0].Orders() == 0 }, "the order is carried out")
	served(t, s.dial(), nil)
	must(t, os.Remove(path))
	must(t, os.WriteFile(path, []byte("precious"), 0o600))
	must(t, s.Close())
	sockettest.Eventually(t, patience, func() bool { return s.Close() == loop.ErrClosed }, "the end")
	must(t, exists(path))
}

func exists(path string) error {
	_, err := os.Lstat(path)
	return err
}

// A socket that cannot listen leaves nothing behind.
func TestListenFailsAfterBind(t *testing.T) {
	addr := unixAddr(t)
	before := sockettest.OpenFDs(t)
	k := &faulty{}
	s := stepOn(t, loop.Config{}, k, tcpAddr, always(echo{}))
	k.fail = func(call string, _ int) unix.Errno {
		if call == "listen" {
			return unix.EOPNOTSUPP
		}
		return 0
	}
	_, err := s.Listen(addr, always(echo{}))
	var le *loop.ListenError
	if !errors.As(err, &le) || le.Call != "listen" || !errors.Is(err, unix.EOPNOTSUPP) {
		t.Errorf("%v", err)
	}
	if err := exists(strings.TrimPrefix(addr, "unix://")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file: %v", err)
	}
	k.fail = nil
	must(t, s.Close())
	if now := sockettest.OpenFDs(t); now != before {
		t.Errorf("%d descriptors, %d before", now, before)
	}
}

func TestUnixAddresses(t *testing.T) {
	peers := make(chan rawsock.Sockaddr, 3)
	addr := unixAddr(t)
	path := strings.TrimPrefix(addr, "unix://")
	serve(t, loop.Config{}, addr, always(&calls{open: func(c loop.Conn) {
		if name, kind := c.LocalAddr().Unix(); name != path || kind != rawsock.UnixPath {
			t.Errorf("LocalAddr is %q, %v", name, kind)
		}
		peers <- c.RemoteAddr()
	}}))
	long := path + strings.Repeat("x", 60) // more than a connection keeps of an address
	for name, kind := range map[string]rawsock.UnixKind{"": rawsock.UnixUnnamed, path + "c": rawsock.UnixPath, long: rawsock.UnixPath} {
		d := net.Dialer{}
		if name != "" {
			d.LocalAddr = &net.UnixAddr{Name: name, Net: "unix"}
		}
		c, err := d.DialContext(t.Context(), "unix", path)
		must(t, err)
		defer c.Close()
		if got, gotKind := receive(t, peers, "OnOpen").Unix(); got != name || gotKind != kind {
			t.Errorf("RemoteAddr is %q, %v; want %q", got, gotKind, name)
		}
	}
}

func TestListenWhileRunning(t *testing.T) {
	s := serve(t, loop.Config{Loops: 2}, tcpAddr, always(echo{}))
	first := s.dial()
	served(t, first, nil)
	for range 3 {
		s.listen(tcpAddr, always(echo{}))
		served(t, s.dial(), nil)
	}
	must(t, s.lis.Close())
	if err := s.lis.Close(); err != loop.ErrClosed {
		t.Errorf("Close again: %v", err)
	}
	served(t, first, nil)
}
