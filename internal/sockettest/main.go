package sockettest

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// fdGrace is how long Main waits for descriptors that are still being closed
// by a goroutine or a kernel callback when the last test returns.
const fdGrace = time.Second

// Main runs the tests of a package and ends the process. When they pass but
// have left a goroutine behind, or a descriptor that was not open before,
// it says which on stderr and exits with status 1. A run under -cpuprofile or
// -trace is not searched for descriptors. Use it as the whole of TestMain:
//
//	func TestMain(m *testing.M) { sockettest.Main(m) }
func Main(m *testing.M) { os.Exit(runMain(m, os.Stderr)) }

// runMain is Main without the exit. A failing run is not searched for leaks:
// a test that stops half-way leaves them as a matter of course, and they
// would hide what failed.
func runMain(m *testing.M, stderr io.Writer) int {
	before, err := settledFDs()
	if err != nil {
		fmt.Fprintf(stderr, "sockettest: list open descriptors: %v\n", err)
		return 1
	}
	if code := m.Run(); code != 0 {
		return code
	}
	code := 0
	if err := goleak.Find(); err != nil {
		fmt.Fprintf(stderr, "sockettest: leaked goroutines: %v\n", err)
		code = 1
	}
	if profiled() {
		return code
	}
	leaked, err := awaitFDs(before, fdGrace)
	if err != nil {
		fmt.Fprintf(stderr, "sockettest: list open descriptors: %v\n", err)
		return 1
	}
	if len(leaked) > 0 {
		fmt.Fprintf(stderr, "sockettest: leaked %d descriptors:\n\t%s\n", len(leaked), strings.Join(leaked, "\n\t"))
		code = 1
	}
	return code
}

// profiled reports whether the run writes a profile or a trace. Package
// testing leaves such a file open, so descriptors cannot be told apart then.
func profiled() bool {
	for _, name := range []string{"test.cpuprofile", "test.trace"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return true
		}
	}
	return false
}

// settledFDs lists the open descriptors after making Go's runtime open its
// own: the runtime poller creates its epoll or kqueue descriptor at the first
// pipe or socket and keeps it until the process ends.
func settledFDs() (map[int]string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.Close(), w.Close()); err != nil {
		return nil, err
	}
	return openFDs()
}

// awaitFDs waits until no descriptor is open that is missing from before and
// returns a line for each that is still there after grace.
func awaitFDs(before map[int]string, grace time.Duration) (leaked []string, err error) {
	poll(grace, func() bool {
		var now map[int]string
		if now, err = openFDs(); err != nil {
			return true
		}
		leaked = newFDs(before, now)
		return len(leaked) == 0
	})
	return leaked, err
}

// newFDs describes every descriptor of now that before does not have, or has
// as another file: a number that was closed and given out again is a leak
// too. The lines are in the order of the numbers.
func newFDs(before, now map[int]string) []string {
	var nums []int
	for fd, file := range now {
		if was, ok := before[fd]; !ok || was != file {
			nums = append(nums, fd)
		}
	}
	slices.Sort(nums)
	lines := make([]string, 0, len(nums))
	for _, fd := range nums {
		lines = append(lines, fmt.Sprintf("descriptor %d: %s", fd, now[fd]))
	}
	return lines
}
