package netconn_test

import (
	"errors"
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netconn"
)

func needLinux(testing.TB) {}

func TestDialInterface(t *testing.T) {
	l := listen(t, netconn.ListenConfig{}, "tcp4", "127.0.0.1:0")
	cfg := netconn.DialConfig{}
	cfg.Interface = "lo"
	c := dial(t, cfg, "tcp", l.Addr().String())
	err := c.Control(func(fd rawsock.FD) error {
		name, err := rawsock.SOBindToDevice.Get(fd)
		if name != "lo" {
			t.Errorf("SO_BINDTODEVICE is %q", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	cfg.Interface = "no-such-iface"
	_, err = cfg.Dial(t.Context(), "tcp", l.Addr().String())
	wantOp(t, err, "dial", unix.ENODEV)
}

func TestMPTCP(t *testing.T) {
	lc, dc := netconn.ListenConfig{}, netconn.DialConfig{}
	lc.MPTCP, dc.MPTCP = true, true
	l, err := lc.Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if errors.Is(err, unix.EPROTONOSUPPORT) || errors.Is(err, unix.ENOPROTOOPT) {
		t.Skip("no Multipath TCP here")
	} else if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := dial(t, dc, "tcp", l.Addr().String())
	err = c.Control(func(fd rawsock.FD) error {
		proto, err := fd.SockProtocol()
		if proto != unix.IPPROTO_MPTCP {
			t.Errorf("the protocol is %d", proto)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	s := must(l.Accept())(t)
	defer s.Close()
	must(c.Write([]byte("x")))(t)
	if n, err := s.Read(make([]byte, 2)); n != 1 || err != nil {
		t.Errorf("Read = %d, %v", n, err)
	}
}

// TestFastOpen: the connection is there at once, and what is written makes it.
func TestFastOpen(t *testing.T) {
	l := listen(t, netconn.ListenConfig{FastOpen: 16}, "tcp4", "127.0.0.1:0")
	err := l.Control(func(fd rawsock.FD) error {
		n, err := rawsock.TCPFastOpen.Get(fd)
		if n != 16 {
			t.Errorf("TCP_FASTOPEN is %d", n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for range 2 { // the second time with a cookie, where that is allowed
		c := dial(t, netconn.DialConfig{FastOpen: true}, "tcp", l.Addr().String())
		if c.RemoteAddr().String() != l.Addr().String() {
			t.Errorf("the peer is %v", c.RemoteAddr())
		}
		must(c.Write([]byte("x")))(t)
		s := must(l.Accept())(t)
		if n, err := s.Read(make([]byte, 2)); n != 1 || err != nil {
			t.Errorf("Read = %d, %v", n, err)
		}
		s.Close()
	}
}

// TestCopyIsWithinTheKernel looks at the calls of ReadFrom and WriteTo.
func TestCopyIsWithinTheKernel(t *testing.T) {
	for _, tt := range []struct {
		want string
		copy func(a *netconn.Conn) error
	}{
		{"sendfile", func(a *netconn.Conn) error { _, err := a.ReadFrom(file(t, noise(1000))); return err }},
		{"splice", func(a *netconn.Conn) error {
			c, d := stdPair(t)
			c.Write(noise(1000))
			c.Close()
			_, err := a.ReadFrom(d)
			return err
		}},
		{"splice", func(a *netconn.Conn) error {
			c, d := tcpPair(t)
			c.Write(noise(1000))
			c.Close()
			_, err := d.WriteTo(a)
			return err
		}},
		{"writev", func(a *netconn.Conn) error { _, err := a.WriteBuffers(&net.Buffers{noise(1), noise(2)}); return err }},
	} {
		a, b := tcpPair(t)
		got := drained(b)
		calls := make(map[string]int)
		var mu sync.Mutex
		stop := rawsock.TraceFunc(func(c rawsock.Call) {
			mu.Lock()
			defer mu.Unlock()
			calls[strings.TrimSuffix(c.Name(), "64")]++
		})
		err := tt.copy(a)
		stop()
		a.Close()
		if n := len(<-got); err != nil || n == 0 {
			t.Errorf("%s: %d bytes, %v", tt.want, n, err)
		}
		if calls[tt.want] == 0 || calls["sendto"] > 1 {
			t.Errorf("calls %v, want %s", calls, tt.want)
		}
	}
}
