package loop_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/poller"
	"github.com/rawloop/rawloop/poller/loop"
)

// 300 clients of a server that may have 64 descriptors: it turns away who does
// not fit, by its own limit or when accept says EMFILE, does not spin while it
// is full, and serves again when clients leave (failure class C1).
func TestFewDescriptors(t *testing.T) {
	if arg := os.Getenv(childEnv); arg != "" {
		limitDescriptors(t, 64)
		maxConns, err := strconv.Atoi(arg)
		must(t, err)
		serveLines(t, loop.Config{MaxConns: maxConns}, always(echo{}))
		return
	}
	for _, maxConns := range []string{"0", "1000"} {
		t.Run("MaxConns="+maxConns, func(t *testing.T) {
			p := start(t, "TestFewDescriptors", maxConns)
			addr, _ := p.address()
			kept := crowd(t, addr, 300)
			if len(kept) < 20 || len(kept) > 62 {
				t.Errorf("%d of 300 clients are served", len(kept))
			}
			var st loop.Stats
			sockettest.Eventually(t, patience, func() bool {
				st = p.stats("stats")
				return st.Accepted == uint64(len(kept)) && st.Shed == 300-st.Accepted
			}, "%d accepted, the others shed", len(kept))
			if st.Turns > 3000 {
				t.Errorf("%d turns for 300 clients", st.Turns)
			}
			after(t, 100*time.Millisecond)
			if n := p.stats("stats").Turns - st.Turns; n > 20 {
				t.Errorf("%d turns while it is full", n)
			}
			for _, c := range kept[10:] {
				must(t, c.Close())
			}
			for _, c := range kept[:10] {
				served(t, c, nil)
				defer c.Close()
			}
			sockettest.Eventually(t, patience, func() bool { return p.stats("stats").Conns == 10 }, "clients leave")
			for range 10 {
				c, err := net.Dial("tcp", addr)
				must(t, err)
				served(t, c, nil)
				must(t, c.Close())
			}
			must(t, p.in.Close())
			p.stats("")
		})
	}
}

// crowd connects clients of which some will be turned away, and returns those
// that are served.
func crowd(t testing.TB, addr string, n int) (kept []net.Conn) {
	t.Helper()
	all := make([]net.Conn, n)
	for i := range all {
		c, err := net.Dial("tcp", addr)
		must(t, err)
		must(t, c.SetDeadline(time.Now().Add(patience)))
		_, _ = c.Write([]byte("word"))
		all[i] = c
	}
	for _, c := range all {
		_, err := c.Read(make([]byte, 4))
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			t.Fatal("neither served nor turned away")
		}
		if err == nil {
			kept = append(kept, c)
		} else {
			_ = c.Close()
		}
	}
	return kept
}

// 19 900 connections, held by two processes because a process has no more than
// 20 000 descriptors.
func TestManyConnections(t *testing.T) {
	const each = 9950
	if arg := os.Getenv(childEnv); arg != "" {
		source, addr, _ := strings.Cut(arg, " ")
		holdConnections(t, source, addr, each)
		return
	}
	if testing.Short() {
		t.Skip("two processes with 9950 connections each")
	}
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	if limit.Cur < 2*each+100 {
		t.Skipf("no more than %d descriptors", limit.Cur)
	}
	s := serve(t, loop.Config{MaxConns: 2 * each}, tcpAddr, always(echo{}))
	addr := s.lis.Addr().String()
	procs := []*proc{start(t, "TestManyConnections", "127.0.0.2 "+addr), start(t, "TestManyConnections", "127.0.0.3 "+addr)}
	for _, p := range procs {
		if got := p.ask(""); got != "held" {
			t.Fatalf("%q", got)
		}
	}
	sockettest.Eventually(t, patience, func() bool { return s.Stats().Conns == 2*each }, "all are counted")
	if st := s.Stats(); st.Accepted != 2*each || st.Shed != 0 || st.AcceptErrors != 0 {
		t.Errorf("%+v", st)
	}
	hungUp(t, s.dial()) // one more than fits
	for _, p := range procs {
		if got := p.ask("again"); got != "echoed" {
			t.Fatalf("%q", got)
		}
	}
	for _, p := range procs {
		p.end()
	}
	sockettest.Eventually(t, patience, func() bool { return s.Stats().Conns == 0 }, "all leave")
	if st := s.Stats(); st.BytesIn != 2*2*4*each || st.BytesOut != st.BytesIn {
		t.Errorf("%d bytes in, %d out", st.BytesIn, st.BytesOut)
	}
}

// holdConnections opens n connections, has a word echoed on each of them and
// again when it is asked, and keeps them until stdin ends.
func holdConnections(t testing.TB, source, addr string, n int) {
	ap := sockaddr4(t, addr)
	from := sockaddr4(t, source+":0")
	fds := make([]int, n)
	for i := range fds {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		fds[i] = fd
		must(t, unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1))
		must(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tenSeconds))
		must(t, unix.Bind(fd, from))
		must(t, unix.Connect(fd, ap))
	}
	echoOnAll(t, fds)
	fmt.Println("held")
	for sc := bufio.NewScanner(os.Stdin); sc.Scan(); {
		echoOnAll(t, fds)
		fmt.Println("echoed")
	}
	for _, fd := range fds {
		must(t, unix.Close(fd))
	}
}

var tenSeconds = unix.Timeval{Sec: 10}

func echoOnAll(t testing.TB, fds []int) {
	var word, got [4]byte
	for i, fd := range fds {
		pattern(word[:], i, 0)
		_, err := unix.Write(fd, word[:])
		must(t, err)
	}
	for i, fd := range fds {
		pattern(word[:], i, 0)
		n, err := unix.Read(fd, got[:])
		for err == unix.EINTR { // a socket with SO_RCVTIMEO is not restarted (signal(7))
			n, err = unix.Read(fd, got[:])
		}
		if err != nil || n != 4 || got != word {
			t.Fatalf("connection %d: %d bytes, %v", i, n, err)
		}
	}
}

func sockaddr4(t testing.TB, addr string) *unix.SockaddrInet4 {
	a, err := net.ResolveTCPAddr("tcp4", addr)
	must(t, err)
	return &unix.SockaddrInet4{Addr: [4]byte(a.IP.To4()), Port: a.Port}
}

// A loop that sleeps does not hold up the garbage collector, as a raw system
// call that sleeps does until the runtime's preemption signal interrupts it
// (failure class I1); so in the child there is no such signal.
func TestSleepingLoopsAndTheGarbageCollector(t *testing.T) {
	backend := os.Getenv(childEnv)
	if backend == "" {
		t.Setenv("GODEBUG", "asyncpreemptoff=1")
		for _, backend := range []poller.Backend{poller.Epoll, poller.Poll} {
			line := start(t, t.Name(), string(backend)).ask("")
			if took, err := time.ParseDuration(line); err != nil || took > 2*time.Second {
				t.Errorf("%s: 10 collections took %s", backend, line)
			}
		}
		return
	}
	s := serve(t, loop.Config{Loops: 4, Backend: poller.Backend(backend)}, tcpAddr, always(echo{}))
	set := make(chan bool)
	for _, l := range s.Loops() { // half of them sleep with a timeout
		must(t, l.Post(func() {
			if slices.Index(s.Loops(), l)%2 == 0 {
				l.AfterFunc(time.Hour, func() {})
			}
			set <- true
		}))
		receive(t, set, "the timer is set")
	}
	begin := time.Now()
	for range 10 {
		runtime.GC()
	}
	fmt.Println(time.Since(begin))
}
