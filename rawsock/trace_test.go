package rawsock_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/rawsock"
)

func num(v int) sys.Arg { return sys.Arg{Word: uintptr(v)} }

// A record is all that a line depends on.
func TestLineOfACall(t *testing.T) {
	hello := sys.Arg{Word: 0x1000, In: []byte("hello\n")}
	for _, c := range []struct {
		call sys.Call
		want string
	}{
		{sys.Call{Name: "bind", Args: []sys.Arg{num(3), {Word: 1, In: loopback(80).Bytes()}, num(16)}},
			`bind(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0`},
		{sys.Call{Name: "write", Args: []sys.Arg{num(-1), hello, num(6)}, Errno: unix.EBADF}, `write(-1, "hello\n", 6) = -1 EBADF (Bad file descriptor)`},
		{sys.Call{Name: "read", Args: []sys.Arg{num(3), {Word: 0x1000}, num(6)}, Errno: unix.EINTR}, `read(3, 0x1000, 6) = -1 EINTR (Interrupted system call)`},
		{sys.Call{Name: "read", Args: []sys.Arg{num(3), {}, num(0)}, Errno: 4000}, `read(3, NULL, 0) = -1 (errno 4000)`},
		{sys.Call{Name: "close", Args: []sys.Arg{num(3)}, Errno: 524}, `close(3) = -1 ENOTSUPP (Unknown error 524)`},
		{sys.Call{Name: "kqueue", Ret: 5}, `kqueue() = 5`},
		{sys.Call{Name: "mystery", Args: []sys.Arg{num(16), {}}, Ret: 7}, `mystery(0x10, NULL) = 7`},
		{sys.Call{Name: "listen", Args: []sys.Arg{num(3), num(4), num(5)}}, `listen(3, 4, 0x5) = 0`},
		{sys.Call{Name: "listen"}, `listen() = 0`},
	} {
		if got := rawsock.CallOf(c.call).String(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestCallSaysWhatItWas(t *testing.T) {
	c := rawsock.CallOf(sys.Call{Name: "recvfrom", Args: []sys.Arg{num(3), {Word: 1, Out: []byte("hello")}, num(9)}, Ret: 5})
	if n, err := c.Result(); c.Name() != "recvfrom" || n != 5 || err != nil {
		t.Errorf("%s: %d, %v", c.Name(), n, err)
	}
	for limit, want := range map[int]string{-1: `""...`, 0: `""...`, 4: `"hell"...`, 5: `"hello"`, 99: `"hello"`} {
		if got := string(c.AppendTo([]byte("> "), limit)); got != "> recvfrom(3, "+want+", 9) = 5" {
			t.Errorf("limit %d: %s", limit, got)
		}
	}
	c = rawsock.CallOf(sys.Call{Name: "close", Errno: unix.EBADF})
	_, err := c.Result()
	wantErrno(t, err, unix.EBADF)
}

// closeNothing is a call that is traced.
func closeNothing() { _ = rawsock.FD(-1).Close() }

const closeLine = "close(-1) = -1 EBADF (Bad file descriptor)\n"

func TestTraceEndsWithStop(t *testing.T) {
	var text strings.Builder
	closeNothing()
	stop := rawsock.Trace(&text)
	closeNothing()
	stop()
	closeNothing()
	stop()
	if text.String() != closeLine {
		t.Errorf("traced %q", text.String())
	}
}

// A new trace ends the one before, whose stop then does it no harm.
func TestOneTraceAtATime(t *testing.T) {
	var first, second strings.Builder
	stopFirst := rawsock.Trace(&first)
	closeNothing()
	stopSecond := rawsock.Trace(&second)
	closeNothing()
	stopFirst()
	closeNothing()
	stopSecond()
	if first.String() != closeLine || second.String() != closeLine+closeLine {
		t.Errorf("first %q, second %q", first.String(), second.String())
	}
}

// lineWriter counts writes, which must not overlap.
type lineWriter struct {
	busy  sync.Mutex
	lines int
	t     *testing.T
}

func (w *lineWriter) Write(p []byte) (int, error) {
	if !w.busy.TryLock() {
		w.t.Error("two writes at once")
	} else {
		defer w.busy.Unlock()
	}
	if string(p) != closeLine {
		w.t.Errorf("wrote %q", p)
	}
	w.lines++
	return len(p), nil
}

func TestTraceOfManyGoroutines(t *testing.T) {
	const goroutines, calls = 8, 100
	w := &lineWriter{t: t}
	stop := rawsock.Trace(w)
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range calls {
				closeNothing()
			}
		})
	}
	wg.Wait()
	stop()
	if w.lines != goroutines*calls {
		t.Errorf("%d lines, want %d", w.lines, goroutines*calls)
	}
}

// What is kept of a call is a copy.
func TestTraceFuncGetsCopies(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	var kept []rawsock.Call
	stop := rawsock.TraceFunc(func(c rawsock.Call) { kept = append(kept, c) })
	p := []byte("hello")
	_, err := a.Send(p, 0)
	check(t, err)
	copy(p, "XXXXX")
	_, err = b.Read(p)
	check(t, err)
	stop()
	copy(p, "YYYYY")
	want := fmt.Sprintf("sendto(%d, \"hello\", 5, 0, NULL, 0) = 5\nread(%d, \"hello\", 5) = 5", a, b)
	if len(kept) != 2 || kept[0].String()+"\n"+kept[1].String() != want {
		t.Errorf("%v\nwant %s", kept, want)
	}
}

var keventCall = sys.Call{Name: "kevent", Ret: 1, Args: []sys.Arg{
	num(5), {}, num(0), {Word: 1, Out: append([]byte{4}, make([]byte, 31)...)}, num(8), {Word: 1, In: append([]byte{1}, make([]byte, 15)...)},
}}

func TestLineOfKevent(t *testing.T) {
	line := rawsock.CallOf(keventCall).String()
	want := `kevent(5, NULL, 0, [{ident=4, filter=0 /* EVFILT_??? */, flags=0, fflags=0, data=0, udata=0}], 8, {tv_sec=1, tv_nsec=0}) = 1`
	if line != want {
		t.Errorf("got  %s\nwant %s", line, want)
	}
}

// Every call that internal/sys makes a record of has its row, under every name
// that it has on any architecture.
func TestEveryRecordHasALine(t *testing.T) {
	files, err := filepath.Glob("../internal/sys/*.go")
	check(t, err)
	known := rawsock.TracedCalls()
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		check(t, err)
		for _, m := range recordName.FindAllStringSubmatch(string(text), -1) {
			found++
			if !slices.Contains(known, m[1]) {
				t.Errorf("%s: a record of %s, for which there is no line", file, m[1])
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d records found", found)
	}
}

// recordName is a call of trace and its relatives with a name, or a constant for
// a name.
var recordName = regexp.MustCompile(`(?:\btrace\w*\(|Name +(?:= |string = ))"(\w+)"`)
