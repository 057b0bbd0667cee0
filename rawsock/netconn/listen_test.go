package netconn_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netconn"
)

// TestListenUnix: only the owner may connect, a file that was left behind is
// replaced, and Close removes it.
func TestListenUnix(t *testing.T) {
	name := filepath.Join(t.TempDir(), "s")
	fd := socket(t, unix.AF_UNIX, unix.SOCK_STREAM)
	if err := fd.Bind(must(rawsock.SockaddrUnixPath(name))(t)); err != nil {
		t.Fatal(err)
	}
	fd.Close() // and its file stays
	l := listen(t, netconn.ListenConfig{}, "unix", name)
	if info := must(os.Stat(name))(t); info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", info.Mode())
	}
	wantOp(t, listenErr("unix", name), "listen", unix.EADDRINUSE)
	dial(t, netconn.DialConfig{}, "unix", name)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	for _, left := range []string{name, name + ".lock"} {
		if _, err := os.Lstat(left); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", left, err)
		}
	}
	u := must(netconn.ListenConfig{Mode: 0o640}.ListenPacket(t.Context(), "unixgram", name))(t)
	if info := must(os.Stat(name))(t); info.Mode().Perm() != 0o640 {
		t.Errorf("its mode is %v", info.Mode())
	}
	u.Close()
	if _, err := os.Lstat(name); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", name, err)
	}
}

// TestListenOptions: what is set before bind counts, on a unix path too.
func TestListenOptions(t *testing.T) {
	for network, address := range map[string]string{"tcp4": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")} {
		cfg := netconn.ListenConfig{}
		seen := false
		cfg.Control = func(fd rawsock.FD) error { seen = true; return rawsock.SORcvBuf.Set(fd, 10000) }
		l := listen(t, cfg, network, address)
		err := l.Control(func(fd rawsock.FD) error {
			n, err := rawsock.SORcvBuf.Get(fd)
			if !seen || n != 20000 && n != 10000 {
				t.Errorf("%s: Control ran: %v, SO_RCVBUF %d", network, seen, n)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestListenFamilies: without a host there is one socket for both families with tcp,
// and for one with tcp4 and tcp6.
func TestListenFamilies(t *testing.T) {
	if !rawsock.HasDualstackIPv6() {
		t.Skip("no sockets for both here")
	}
	for network, want := range map[string][2]bool{"tcp": {true, true}, "tcp4": {true, false}, "tcp6": {false, true}} {
		l := listen(t, netconn.ListenConfig{}, network, ":0")
		_, port, _ := net.SplitHostPort(l.Addr().String())
		for i, host := range []string{"127.0.0.1", "::1"} {
			c, err := netconn.DialConfig{}.Dial(t.Context(), "tcp", net.JoinHostPort(host, port))
			if err == nil {
				c.Close()
			}
			if (err == nil) != want[i] {
				t.Errorf("%s, connecting to %s: %v", network, host, err)
			}
		}
	}
}

func TestListenGroup(t *testing.T) {
	needLinux(t)
	group := must(netconn.ListenConfig{Steer: rawsock.Filter{rawsock.BPFStmt(unix.BPF_RET|unix.BPF_K, 2)}}.
		ListenGroup(t.Context(), "tcp4", "127.0.0.1:0", 3))(t)
	for _, l := range group {
		defer l.Close()
		if l.Addr().String() != group[0].Addr().String() {
			t.Errorf("one listens on %v, another on %v", group[0].Addr(), l.Addr())
		}
	}
	for range 8 { // all of them to the one that Steer says
		dial(t, netconn.DialConfig{}, "tcp", group[0].Addr().String())
		must(group[2].Accept())(t).Close()
	}
	if _, err := (netconn.ListenConfig{}).ListenGroup(t.Context(), "tcp4", "192.0.2.1:0", 2); err == nil {
		t.Error("a group on an address that is not here")
	}
}
