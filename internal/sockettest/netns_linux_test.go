package sockettest

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func netnsOfThread(t *testing.T) string {
	t.Helper()
	link, err := os.Readlink(threadNetns)
	if err != nil {
		t.Fatal(err)
	}
	return link
}

func TestNetnsHoldsItsOwn(t *testing.T) {
	ns := NewNetns(t)
	outside := netnsOfThread(t)
	var inside string
	var names []string
	fd := -1
	ns.Do(func() {
		inside = netnsOfThread(t)
		ifaces, err := net.Interfaces()
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range ifaces {
			if i.Flags&net.FlagUp != 0 {
				names = append(names, i.Name)
			}
		}
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0); err != nil {
			t.Fatal(err)
		}
	})
	if inside == outside || netnsOfThread(t) != outside {
		t.Errorf("inside %s, outside %s before and %s after", inside, outside, netnsOfThread(t))
	}
	if len(names) != 1 || names[0] != "lo" {
		t.Errorf("interfaces that are up: %q, want lo", names)
	}
	// The address is free whatever the machine has bound outside.
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 1900}); err != nil {
		t.Errorf("bind a socket of the namespace, from outside: %v", err)
	}
	unix.Close(fd)
	if got := ns.Run("readlink", "/proc/self/ns/net"); strings.TrimSpace(got) != inside {
		t.Errorf("a program runs in %s, want %s", got, inside)
	}
}

// A test that ends itself inside must not leave the thread there.
func TestNetnsIsLeftByGoexit(t *testing.T) {
	ns := NewNetns(t)
	outside := netnsOfThread(t)
	done := make(chan string)
	go func() {
		defer close(done)
		defer func() {
			link, _ := os.Readlink(threadNetns)
			done <- link
		}()
		r := &recorder{TB: t}
		ns.Do(func() { r.Fatalf("inside") })
	}()
	if after := <-done; after != outside {
		t.Errorf("the thread stayed in %s, was in %s", after, outside)
	}
}

func TestVethCarries(t *testing.T) {
	a, b := NewNetns(t), NewNetns(t)
	Veth(a, b, "10.0.0.1/24", "10.0.0.2/24")
	var l *net.UDPConn
	b.Do(func() {
		var err error
		if l, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(10, 0, 0, 2)}); err != nil {
			t.Fatal(err)
		}
	})
	defer l.Close()
	l.SetDeadline(time.Now().Add(5 * time.Second))
	a.Do(func() {
		c, err := net.DialUDP("udp4", nil, l.LocalAddr().(*net.UDPAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte("over")); err != nil {
			t.Fatal(err)
		}
	})
	buf := make([]byte, 8)
	n, from, err := l.ReadFromUDP(buf)
	if err != nil || string(buf[:n]) != "over" || !from.IP.Equal(net.IPv4(10, 0, 0, 1)) {
		t.Errorf("got %q from %v, %v", buf[:n], from, err)
	}
}
