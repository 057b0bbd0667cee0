package sys

import (
	"slices"
	"sync/atomic"
)

// Call is one system call as the trace hook sees it: raw arguments, after the
// call returned.
type Call struct {
	Name  string
	Args  []int  // the integer arguments in the call's order, pointers left out
	Data  []byte // a copy of the bytes that the pointer argument named
	Ret   int
	Errno Errno
}

var hook atomic.Pointer[func(Call)]

// SetTrace installs f to be called after every hooked system call, on the
// goroutine that made it; nil ends tracing. f must not make hooked calls.
// While no hook is set, a call pays for one load.
func SetTrace(f func(Call)) {
	if f == nil {
		hook.Store(nil)
		return
	}
	hook.Store(&f)
}

// Tracing reports whether a hook is set.
func Tracing() bool { return hook.Load() != nil }

// The trace functions copy what they hand to the hook, so that the caller's
// memory does not escape: it stays on the stack whether tracing is on or off.

func traceCall(name string, data []byte, ret int, e Errno, args ...int) {
	if f := hook.Load(); f != nil {
		(*f)(Call{Name: name, Args: slices.Clone(args), Data: slices.Clone(data), Ret: ret, Errno: e})
	}
}

func traceAddr(name string, fd int, sa *RawSockaddr, ret int, e Errno, flags ...int) {
	if f := hook.Load(); f != nil {
		c := Call{Name: name, Args: append([]int{fd}, flags...), Ret: ret, Errno: e}
		if sa != nil {
			c.Data = slices.Clone(sa.Bytes())
		}
		(*f)(c)
	}
}

func traceIO(name string, fd int, p []byte, valid, ret int, e Errno, flags ...int) {
	if f := hook.Load(); f != nil {
		valid = max(0, min(valid, len(p)))
		args := append([]int{fd, len(p)}, flags...)
		(*f)(Call{Name: name, Args: args, Data: slices.Clone(p[:valid]), Ret: ret, Errno: e})
	}
}
