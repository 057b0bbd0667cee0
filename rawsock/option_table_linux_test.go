package rawsock_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// optionCase is one thing that a row promises: on a socket of some kind, run
// sets and reads and gives back the errno of the call that failed. What succeeds
// but is wrong it reports to t.
type optionCase struct {
	info       rawsock.OptionInfo
	on         kind
	run        func(t *testing.T, fd rawsock.FD) error
	fails      unix.Errno // what the call answers for another reason than the row's
	privileged bool       // this value needs the row's capability
	differs    bool       // what is read is not what was set
}

// privileged marks a case whose value needs the row's capability.
func privileged(c optionCase) optionCase {
	c.privileged = true
	return c
}

func (c optionCase) failing(e unix.Errno) optionCase {
	c.fails = e
	return c
}

type readable[T any] interface {
	Get(fd rawsock.FD) (T, error)
	Info() rawsock.OptionInfo
}

type settable[T any] interface {
	Set(fd rawsock.FD, v T) error
	Info() rawsock.OptionInfo
}

// keeps sets each value and reads it back as it was.
func keeps[T comparable](o rawsock.Option[T], on kind, values ...T) optionCase {
	return optionCase{info: o.Info(), on: on, run: func(t *testing.T, fd rawsock.FD) error {
		for _, v := range values {
			if err := o.Set(fd, v); err != nil {
				return err
			}
			got, err := o.Get(fd)
			if err != nil {
				return err
			}
			if got != v {
				t.Errorf("set %v, read %v", v, got)
			}
		}
		return nil
	}}
}

// toggles is keeps for both values, the default last.
func toggles(o rawsock.Option[bool], on kind) optionCase { return keeps(o, on, true, false) }

// gives sets one value and reads another.
func gives[T comparable](o rawsock.Option[T], on kind, set, want T) optionCase {
	return optionCase{info: o.Info(), on: on, differs: true, run: func(t *testing.T, fd rawsock.FD) error {
		if err := o.Set(fd, set); err != nil {
			return err
		}
		got, err := o.Get(fd)
		if err == nil && got != want {
			t.Errorf("set %v, read %v, want %v", set, got, want)
		}
		return err
	}}
}

// tells reads a value and looks at it.
func tells[T any](o readable[T], on kind, ok func(T) bool) optionCase {
	return optionCase{info: o.Info(), on: on, run: func(t *testing.T, fd rawsock.FD) error {
		got, err := o.Get(fd)
		if err == nil && !ok(got) {
			t.Errorf("read %+v", got)
		}
		return err
	}}
}

func is[T comparable](want T) func(T) bool { return func(got T) bool { return got == want } }

// accepts sets values that the kernel does not give back.
func accepts[T any](o settable[T], on kind, values ...T) optionCase {
	return optionCase{info: o.Info(), on: on, run: func(_ *testing.T, fd rawsock.FD) error {
		for _, v := range values {
			if err := o.Set(fd, v); err != nil {
				return err
			}
		}
		return nil
	}}
}

// doing is a case of its own.
func doing(o interface{ Info() rawsock.OptionInfo }, on kind, run func(t *testing.T, fd rawsock.FD) error) optionCase {
	return optionCase{info: o.Info(), on: on, run: run}
}

// optionCases are all of them, level by level.
var optionCases = slices.Concat(socketCases, ipCases, ip6Cases, tcpCases, udpCases, linkCases)

// TestEveryOption holds every row against this kernel: what was set is read back
// as the row says, or the call fails with exactly the errno that the row names.
// Nothing is skipped. E1 to E16, D12.
func TestEveryOption(t *testing.T) {
	tested := make(map[string]bool)
	for _, c := range optionCases {
		key := fmt.Sprintf("%d/%s", c.info.Level, c.info.Name)
		tested[key] = true
		t.Run(c.info.Name+"/"+c.on.name, func(t *testing.T) {
			c.check(t)
			if c.privileged && capable(c.info.Cap) {
				t.Run("without privilege", c.checkDenied)
			}
		})
		if c.differs && c.info.Reads == "" {
			t.Errorf("%s: the row does not say that what is read differs from what was set", c.info.Name)
		}
		if c.privileged && c.info.Denied == 0 {
			t.Errorf("%s: the row names no errno for a lack of privilege", c.info.Name)
		}
	}
	rows := 0
	for o := range rawsock.Options() {
		rows++
		if !tested[fmt.Sprintf("%d/%s", o.Level, o.Name)] {
			t.Errorf("%s of %s has no case", o.Name, rawsock.LevelName(o.Level))
		}
	}
	if rows < 120 {
		t.Errorf("%d rows", rows)
	}
	t.Logf("%d rows, %d cases", rows, len(optionCases))
}

func (c optionCase) check(t *testing.T) {
	fd, err := c.on.open(t)
	if err != nil {
		if !slices.Contains(c.on.lacks, errnoOf(err)) || c.on.capability != "" && capable(c.on.capability) {
			t.Fatalf("socket: %v", err)
		}
		t.Logf("no such socket here: %v", err)
		return
	}
	err = c.run(t, fd)
	switch e := errnoOf(err); {
	case c.privileged && !capable(c.info.Cap):
		wantErrno(t, err, c.info.Denied)
	case e == c.fails:
	case strings.HasSuffix(c.info.Cap, "older kernels") && e == c.info.Denied && !capable(c.info.Cap):
		t.Logf("this kernel still wants %s", c.info.Cap)
	case e == unix.ENOPROTOOPT && !kernelHas(t, c.info.Since):
		t.Logf("this kernel is older than %s", c.info.Since)
	case c.info.Needs != "" && e == c.info.Lacks:
		t.Logf("this kernel lacks %s: %v", c.info.Needs, err)
	default:
		t.Errorf("got %v, want %v", err, c.fails)
	}
}

// checkDenied runs the case on a thread that has given its capabilities up. The
// socket is made before, as some need one too.
func (c optionCase) checkDenied(t *testing.T) {
	fd, err := c.on.open(t)
	check(t, err)
	unprivileged(t, func() { err = c.run(t, fd) })
	if c.info.Needs != "" && errnoOf(err) == c.info.Lacks {
		return
	}
	wantErrno(t, err, c.info.Denied)
}

// errnoOf is the errno of err, 0 for nil. Anything but a bare errno is none.
func errnoOf(err error) unix.Errno {
	if err == nil {
		return 0
	}
	if e, ok := err.(unix.Errno); ok {
		return e
	}
	return ^unix.Errno(0)
}

var capabilities = map[string]int{
	"CAP_NET_ADMIN":     unix.CAP_NET_ADMIN,
	"CAP_NET_RAW":       unix.CAP_NET_RAW,
	"CAP_NET_BROADCAST": unix.CAP_NET_BROADCAST,
}

// capable reports whether this process has the capability that text begins with.
func capable(text string) bool {
	name, _, _ := strings.Cut(text, " ")
	number, ok := capabilities[name]
	if !ok {
		panic("no capability: " + text)
	}
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		panic(err)
	}
	_, hex, _ := strings.Cut(string(status), "CapEff:\t")
	hex, _, _ = strings.Cut(hex, "\n")
	mask, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		panic(err)
	}
	return mask>>number&1 != 0
}

// kernelHas reports whether the running kernel is version or newer.
func kernelHas(t *testing.T, version string) bool {
	t.Helper()
	var uts unix.Utsname
	check(t, unix.Uname(&uts))
	return slices.Compare(versionOf(unix.ByteSliceToString(uts.Release[:])), versionOf(version)) >= 0
}

func versionOf(text string) []int {
	var v []int
	for part := range strings.SplitSeq(text, ".") {
		digits := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		if digits >= 0 {
			part = part[:digits]
		}
		n, _ := strconv.Atoi(part)
		v = append(v, n)
	}
	return v
}
