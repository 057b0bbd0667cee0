package poller_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller"
)

func TestNewChoosesWhatTheKernelHas(t *testing.T) {
	seen := make(map[poller.Backend]bool)
	for _, s := range setups {
		seen[s.backend] = true
	}
	p, err := poller.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if b := poller.BackendOf(p); !seen[b] || b == poller.Poll {
		t.Errorf("the best backend is %q", b)
	}
	for _, b := range []poller.Backend{poller.Epoll, poller.Kqueue, poller.Poll} {
		p, err := poller.New(b)
		if err != nil {
			if !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s: %v", b, err)
			}
			continue
		}
		if got := poller.BackendOf(p); got != b {
			t.Errorf("asked for %s, got %s", b, got)
		}
		p.Close()
	}
	if _, err := poller.New("select"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("unknown backend: %v", err)
	}
}

// bareKernel has neither epoll nor kqueue.
type bareKernel struct{ sys.Kernel }

func (bareKernel) EpollCreate1() (int, sys.Errno) { return -1, unix.ENOSYS }
func (bareKernel) Kqueue() (int, sys.Errno)       { return -1, unix.ENOSYS }

func TestNewFallsBackToPoll(t *testing.T) {
	p, err := poller.NewKernel(bareKernel{host()}, "")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if b := poller.BackendOf(p); b != poller.Poll {
		t.Errorf("got %q", b)
	}
}

func TestNewReportsOtherFaults(t *testing.T) {
	k := &probe{Kernel: host(), onOpen: func(string) sys.Errno { return unix.EMFILE }}
	if _, err := poller.NewKernel(k, ""); !errors.Is(err, unix.EMFILE) {
		t.Errorf("got %v, want EMFILE and no other backend tried", err)
	}
}

func Example() {
	p, err := poller.New("")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	var pipe [2]int
	if err := unix.Pipe(pipe[:]); err != nil {
		fmt.Println(err)
		return
	}
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	unix.SetNonblock(pipe[0], true)

	const token = 42
	if err := p.Add(pipe[0], token, poller.Read, poller.Level); err != nil {
		fmt.Println(err)
		return
	}
	unix.Write(pipe[1], []byte("hello"))

	events := make([]poller.Event, 16)
	for n := 0; n == 0; {
		if n, err = p.Wait(events, time.Minute); err != nil {
			fmt.Println(err)
			return
		}
		for _, ev := range events[:n] {
			buf := make([]byte, 64)
			got, err := unix.Read(pipe[0], buf)
			fmt.Printf("token %d: read %q, %v\n", ev.Token, buf[:got], err)
		}
	}
	fmt.Println(p.Remove(pipe[0])) // before it is closed
	// Output:
	// token 42: read "hello", <nil>
	// <nil>
}

// BenchmarkWait is one Wait with one of n descriptors ready.
func BenchmarkWait(b *testing.B) {
	for _, s := range setups {
		if s.mode != poller.Level || s.only != "" {
			continue
		}
		for _, registered := range []int{1, 100} {
			b.Run(fmt.Sprintf("%s/registered=%d", s.name, registered), func(b *testing.B) {
				p, err := poller.NewKernel(s.kernel(), s.backend)
				if err != nil {
					b.Fatal(err)
				}
				defer p.Close()
				for i := range registered {
					fd, peer := sockettest.Pair(b)
					if err := p.Add(fd, uint64(i), rd, s.mode); err != nil {
						b.Fatal(err)
					}
					if i == 0 {
						unix.Write(peer, []byte("x"))
					}
				}
				events := make([]poller.Event, 128)
				b.ReportAllocs()
				for b.Loop() {
					if n, err := p.Wait(events, 0); n != 1 || err != nil {
						b.Fatal(n, err)
					}
				}
			})
		}
	}
}

// BenchmarkWake is a Wake and the Wait that it ends.
func BenchmarkWake(b *testing.B) {
	for _, s := range setups {
		if s.mode != poller.Level {
			continue
		}
		b.Run(s.name, func(b *testing.B) {
			p, err := poller.NewKernel(s.kernel(), s.backend)
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			events := make([]poller.Event, 8)
			b.ReportAllocs()
			for b.Loop() {
				if err := p.Wake(); err != nil {
					b.Fatal(err)
				}
				if _, err := p.Wait(events, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
