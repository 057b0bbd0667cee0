package rawsock

import (
	"io"
	"sync"

	"github.com/rawloop/rawloop/internal/sys"
)

// DefaultTraceLimit is how many bytes of a buffer, and how many elements of an
// array, a line of a trace shows: what strace shows unless told otherwise.
const DefaultTraceLimit = 32

// Trace writes every system call that is made from now on through this package,
// package poller and package poller/loop to w, a line each as strace(1) would
// print it, until stop is called:
//
//	bind(3, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")}, 16) = 0
//
// Tracing is a matter of the whole program: there is one trace at a time, and a
// new one ends that before. A poller or a loop is traced if it is made while
// there is a trace; the calls of this package are always. While there is none, a
// call pays for one load.
//
// A line is one Write, after the call returned; lines of several goroutines come
// one after the other, in the order in which their calls returned or nearly so.
// Errors of w are ignored. w must not make calls that are traced: an FD as w
// would trace its own writes. After stop, which may be called more than once and
// from any goroutine but not by w, nothing more is written.
func Trace(w io.Writer) (stop func()) {
	var mu sync.Mutex
	var line []byte
	stopped := false
	end := TraceFunc(func(c Call) {
		mu.Lock()
		defer mu.Unlock()
		if stopped {
			return
		}
		line = append(c.AppendTo(line[:0], DefaultTraceLimit), '\n')
		_, _ = w.Write(line)
	})
	return func() {
		end()
		mu.Lock()
		defer mu.Unlock()
		stopped = true
	}
}

// TraceFunc is Trace with a function that is told of each call. It is called on
// the goroutine that made the call, before the call's caller goes on, so at the
// same time from several; it must not make calls that are traced. What it is
// given it may keep. A call that is under way while stop is called may still
// arrive.
func TraceFunc(f func(Call)) (stop func()) {
	return sys.SetTrace(func(c sys.Call) { f(Call{c}) })
}

// Call is a system call that was traced: its arguments as the kernel got them,
// copies of the memory behind them, and what came back.
type Call struct{ call sys.Call }

// Name is the system call's name on this architecture, such as accept4 or, on
// 32-bit systems, recvmmsg_time64.
func (c Call) Name() string { return c.call.Name }

// Result is what the system call returned: a count or a descriptor, or an errno.
func (c Call) Result() (n int, err error) { return c.call.Ret, asError(c.call.Errno) }

// String is the line that strace prints, without its end. See AppendTo.
func (c Call) String() string { return string(c.AppendTo(nil, DefaultTraceLimit)) }

// AppendTo appends the line that strace prints, without its end, to b; limit is
// how much of buffers and arrays it shows, as strace's option -s. It looks
// nothing up and depends on nothing but the call, the same line as strace's but
// for this:
//
//   - Interfaces are numbers, not names: sll_ifindex=1.
//   - Names that strace 6.1 does not know yet are printed all the same.
//   - With MSG_TRUNC a datagram may be longer than its buffer. No more than the
//     buffer is shown, where strace goes on into the memory that follows.
//   - Buffers of netlink sockets are shown as bytes.
//   - EINTR of a call that a signal handler interrupted is EINTR; strace prints
//     what the kernel calls it, such as ERESTARTSYS.
//   - Where memory was written or read and can be shown, its address is not; an
//     address that is shown is where the memory lay after the call.
//
// strace aligns results at column 40 unless it is told -a1.
func (c Call) AppendTo(b []byte, limit int) []byte {
	l := line{b: b, call: &c.call, limit: max(limit, 0)}
	l.format()
	return l.b
}
