package rawsock_test

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// optionEffect shows, from the other end or from what the kernel does, that an
// option is more than a number that can be read back. The test does the same
// without the option first, so that it fails where setting it does nothing.
type optionEffect struct {
	test    func(t *testing.T)
	options []interface{ Info() rawsock.OptionInfo }
}

func shows(test func(t *testing.T), options ...interface{ Info() rawsock.OptionInfo }) optionEffect {
	return optionEffect{test, options}
}

var optionEffects = slices.Concat(bindEffects, bufferEffects, messageEffects, unixEffects, ipEffects, ip6Effects, multicastEffects, tcpEffects, tcpTimeEffects, udpEffects, linkEffects)

// E2 to E15, as the peer sees them.
func TestOptionEffects(t *testing.T) {
	shown := make(map[string]bool)
	for _, e := range optionEffects {
		for _, o := range e.options {
			shown[rawsock.LevelName(o.Info().Level)+"/"+o.Info().Name] = true
		}
		t.Run(e.options[0].Info().Name, e.test)
	}
	if len(shown) < 40 {
		t.Errorf("%d options have an effect here, want 40 or more", len(shown))
	}
	t.Logf("%d options", len(shown))
}

// deadline is how long what must happen may take.
const deadline = 5 * time.Second

// wantNothing fails if there is something to receive.
func wantNothing(t *testing.T, fd rawsock.FD, why string) {
	t.Helper()
	if n, err := fd.Recv(make([]byte, 100), unix.MSG_DONTWAIT); err != error(unix.EAGAIN) {
		t.Errorf("%s: received %d bytes, %v; want EAGAIN", why, n, err)
	}
}

// patiently makes a call that sleeps until no signal interrupts it, as one may where
// there is a timeout.
func patiently(call func(rawsock.FD, []byte, int) (int, error), fd rawsock.FD, p []byte) (n int, err error) {
	err = rawsock.RetryEINTR(func() (err error) { n, err = call(fd, p, 0); return err })
	return n, err
}

func wantReceived(t *testing.T, fd rawsock.FD, want string) {
	t.Helper()
	buf := make([]byte, 1<<16)
	n, err := patiently(rawsock.FD.Recv, fd, buf)
	check(t, err)
	if string(buf[:n]) != want {
		t.Errorf("received %q, want %q", buf[:n], want)
	}
}

func sendOne(t *testing.T, fd rawsock.FD, data string) {
	t.Helper()
	if n, err := fd.Send([]byte(data), unix.MSG_NOSIGNAL); n != len(data) || err != nil {
		t.Fatalf("sent %d of %d bytes, %v", n, len(data), err)
	}
}

func sendTo(t *testing.T, fd rawsock.FD, data string, to rawsock.Sockaddr) {
	t.Helper()
	_, err := fd.Sendto([]byte(data), 0, to)
	check(t, err)
}

// datagrams returns a connected sender and its receiver over loopback.
func datagrams(t *testing.T, on rawsock.Sockaddr) (sender, receiver rawsock.FD) {
	t.Helper()
	receiver, addr := bound(t, unix.SOCK_DGRAM, on)
	sender = open(t, on.Family(), unix.SOCK_DGRAM, 0)
	check(t, sender.Connect(addr))
	return sender, receiver
}

// tcpInfo reads TCP_INFO.
func tcpInfo(t *testing.T, fd rawsock.FD) rawsock.TCPConnInfo {
	t.Helper()
	info, err := rawsock.TCPInfo.Get(fd)
	check(t, err)
	return info
}

// deaf makes a TCP socket drop every segment that comes for it, without an
// answer.
func deaf(t *testing.T, fd rawsock.FD) {
	t.Helper()
	err := fd.AttachFilter(rawsock.DropAll())
	if err == error(unix.EPERM) { // Linux 6.18.44 wants CAP_NET_ADMIN for it on TCP
		sockettest.NeedRoot(t)
	}
	check(t, err)
}

// eventually is sockettest.Eventually with the deadline of these tests.
func eventually(t *testing.T, cond func() bool, msg string, args ...any) {
	t.Helper()
	sockettest.Eventually(t, deadline, cond, msg, args...)
}

// lonely runs f in a network namespace of its own, where lo has an MTU of 1500.
func lonely(t *testing.T, f func(ns *sockettest.Netns)) {
	t.Helper()
	ns := sockettest.NewNetns(t)
	ns.Run("ip", "link", "set", "lo", "mtu", "1500")
	ns.Do(func() { f(ns) })
}
