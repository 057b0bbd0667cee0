package sockettest

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Netns is a network namespace that a test made: nothing in it but an lo that
// is up.
type Netns struct {
	t  testing.TB
	fd int
}

// NewNetns makes a network namespace. It is gone when the test has ended and
// nothing that lives in it, such as a socket, is open any more. The test is
// skipped without root.
func NewNetns(t testing.TB) *Netns {
	t.Helper()
	NeedRoot(t)
	ns := &Netns{t: t, fd: -1}
	err := elsewhere(func() error { return unix.Unshare(unix.CLONE_NEWNET) }, func() (err error) {
		ns.fd, err = unix.Open(threadNetns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		return err
	})
	Need(t, err == nil, fmt.Sprintf("needs a network namespace: %v", err))
	t.Cleanup(func() { unix.Close(ns.fd) })
	ns.Up("lo")
	return ns
}

// Do runs f in the namespace: the sockets that f makes and the programs that it
// starts belong there for good. f runs on the calling goroutine, and may end
// the test; goroutines that it starts, subtests among them, run outside.
func (ns *Netns) Do(f func()) {
	ns.t.Helper()
	if err := elsewhere(ns.enter, func() error { f(); return nil }); err != nil {
		ns.t.Fatalf("network namespace: %v", err)
	}
}

// Run runs a program in the namespace and returns its output. The test fails if
// the program does, and is skipped where it is not on PATH.
func (ns *Netns) Run(name string, args ...string) string {
	ns.t.Helper()
	NeedProgram(ns.t, name)
	var out []byte
	var err error
	ns.Do(func() { out, err = exec.CommandContext(ns.t.Context(), name, args...).CombinedOutput() })
	if err != nil {
		ns.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// Path names the namespace as ip(8) and setns(2) take it, while the test runs.
func (ns *Netns) Path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), ns.fd) }

// Up sets IFF_UP on an interface of the namespace.
func (ns *Netns) Up(iface string) {
	ns.t.Helper()
	ns.Do(func() {
		if err := up(iface); err != nil {
			ns.t.Fatalf("set interface %s up: %v", iface, err)
		}
	})
}

func (ns *Netns) enter() error { return unix.Setns(ns.fd, unix.CLONE_NEWNET) }

// Veth joins two namespaces by a cable: an interface veth0 in each, with an
// address and the length of the network's prefix, as in 10.0.0.1/24. When it
// returns, packets pass.
func Veth(a, b *Netns, addrA, addrB string) {
	a.t.Helper()
	// Ends with different numbers are taken for a device on top of another, whose
	// carrier the kernel looks at without its usual delay of up to a second.
	a.Run("ip", "link", "add", "veth0", "index", "11", "type", "veth", "peer", "name", "veth0", "index", "12", "netns", b.Path())
	ends := map[*Netns]string{a: addrA, b: addrB}
	for ns, addr := range ends {
		ns.Run("ip", "addr", "add", addr, "broadcast", "+", "dev", "veth0")
		ns.Up("veth0")
	}
	// Until the kernel has seen the carrier, it drops what is sent.
	for ns := range ends {
		Eventually(a.t, 10*time.Second, func() (running bool) {
			ns.Do(func() { running = isRunning("veth0") })
			return running
		}, "veth0 is running")
	}
}

// threadNetns is the network namespace of the calling thread.
const threadNetns = "/proc/thread-self/ns/net"

// elsewhere runs f on a thread that enter has moved, and moves it back. A
// thread that cannot go back stays locked, and so ends with its goroutine
// instead of running other ones.
func elsewhere(enter, f func() error) error {
	runtime.LockOSThread()
	home, err := unix.Open(threadNetns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer func() {
		if unix.Setns(home, unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
		unix.Close(home)
	}()
	if err := enter(); err != nil {
		return err
	}
	return f()
}

// up is `ip link set NAME up` without the program.
func up(iface string) error {
	return flags(iface, func(fd int, ifr *unix.Ifreq) error {
		ifr.SetUint16(ifr.Uint16() | unix.IFF_UP)
		return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr)
	})
}

// isRunning tells whether an interface has a carrier that the kernel has seen.
func isRunning(iface string) (running bool) {
	flags(iface, func(_ int, ifr *unix.Ifreq) error {
		running = ifr.Uint16()&unix.IFF_RUNNING != 0
		return nil
	})
	return running
}

// flags calls f with a socket and the flags of an interface.
func flags(iface string, f func(fd int, ifr *unix.Ifreq) error) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq(iface)
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, ifr); err != nil {
		return err
	}
	return f(fd, ifr)
}
