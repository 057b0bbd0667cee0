package rawsock_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/rawloop/rawloop/internal/sockettest"
)

// twin is one thing done twice, by Python's socket module and by this package.
// Both must make the same system calls with the same arguments, bytes and
// results; those that fail too.
type twin struct {
	name string

	// python is statements that see all names of socket, and os, struct and
	// array. OSError ends them and is no failure, as strace shows the errno.
	// begin() says that the calls until then were preparation and do not count,
	// end() that those from then on do not.
	python string

	// ours makes the calls of python, with begin and end in the same places. It
	// runs in another process: nothing that it changes comes back.
	ours func()

	// only is which system calls count, with spaces between; all if it is empty.
	only string
}

// twinsEnv makes sameAsPython run the twins' own half for strace to watch.
const twinsEnv = "RAWSOCK_TEST_TWINS"

func begin() { mark(again) }
func end()   { mark(aside) }

// sameAsPython runs the two halves of the twins under strace, one process for
// each half, and compares the calls. Ports that the kernel chose, descriptors and
// process IDs are left out of it. The test's function is run again in the other
// process up to this call, which therefore should stand near its beginning, once.
// It returns the calls of our half. options are strace's for both.
func sameAsPython(t *testing.T, twins []twin, options ...string) []step {
	t.Helper()
	ours := ourHalf(t, twins, options...)
	python := sockettest.NeedPython(t)
	out, err := exec.Command(python, "-c", "import sys; print(sys.executable)").Output()
	check(t, err)
	source, err := json.Marshal(pythonHalf(twins))
	check(t, err)
	theirs := traced(t, slices.Concat(twinDetail, options), strings.TrimSpace(string(out)), "-c", pythonTwins, string(source))
	if len(theirs) != len(twins) {
		t.Fatalf("%d twins, %d steps in Python", len(twins), len(theirs))
	}
	for i, tw := range twins {
		got, want := tw.counted(ours[i]), tw.counted(theirs[i])
		if len(got.calls) == 0 || normal(got) != normal(want) {
			t.Errorf("%s\n\tours   %s\n\tPython %s", tw.name, normal(got), normal(want))
		}
	}
	return ours
}

// twinDetail makes strace show bytes and struct fields in full.
var twinDetail = []string{"-x", "-v", "-s", "1024"}

// ourHalf runs our half of twins under strace and returns its calls. In the other
// process it does not return.
func ourHalf(t *testing.T, twins []twin, options ...string) []step {
	t.Helper()
	if os.Getenv(twinsEnv) != "" {
		runOurs(twins)
		t.SkipNow()
	}
	sockettest.NeedProgram(t, "strace")
	exe, err := os.Executable()
	check(t, err)
	options = slices.Concat(twinDetail, options, []string{"-E", twinsEnv + "=1"})
	steps := traced(t, options, exe, "-test.run", "^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$")
	if len(steps) != len(twins) {
		t.Fatalf("%d twins, %d steps", len(twins), len(steps))
	}
	return steps
}

func runOurs(twins []twin) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for _, tw := range twins {
		mark(tw.name)
		tw.ours()
		mark(aside)
	}
}

func pythonHalf(twins []twin) [][2]string {
	half := make([][2]string, len(twins))
	for i, tw := range twins {
		half[i] = [2]string{tw.name, tw.python}
	}
	return half
}

// counted is s with only the calls that count.
func (tw *twin) counted(s step) step {
	if tw.only == "" {
		return s
	}
	counts := step{name: s.name}
	for _, call := range s.calls {
		name, _, _ := strings.Cut(wide.ReplaceAllString(call, "$1("), "(")
		if strings.Contains(" "+tw.only+" ", " "+name+" ") {
			counts.calls = append(counts.calls, call)
		}
	}
	return counts
}

// pythonTwins runs Python's half.
var pythonTwins = fmt.Sprintf(`
import array, json, os, socket, struct, sys, textwrap

def mark(name):
    try:
        os.write(-1, b"mark " + name.encode())
    except OSError:
        pass

def begin(): mark(%q)
def end(): mark(%q)

names = dict(vars(socket), socket=socket.socket, os=os, struct=struct, array=array, begin=begin, end=end)
twins = [(name, compile(textwrap.dedent(source), name, "exec")) for name, source in json.loads(sys.argv[1])]
for name, code in twins:
    scope = dict(names)
    mark(name)
    try:
        exec(code, scope)
    except OSError:
        pass
    end()
    del scope
`, again, aside)

// normal leaves out what differs between two runs: descriptors, ports that the
// kernel chose (32768 and up), process IDs, the autobind name, pointers to what a
// failing call did not fill, and how large a buffer was offered for an address.
func normal(s step) string {
	text := s.name + ": " + strings.Join(s.calls, "; ")
	for _, r := range normalizers {
		text = r.pattern.ReplaceAllString(text, r.with)
	}
	return text
}

// wide is the name of a call that 32-bit processes have for what 64-bit ones, as
// Python here, do under the name without the suffix.
var wide = regexp.MustCompile(`^(\w+?)(?:_time64|64)\(`)

var normalizers = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`([:;] \w+?)(?:_time64|64)\(`), "${1}("},
	{regexp.MustCompile(`([:;] \w+\()\d+([,)])`), "${1}FD$2"},
	{regexp.MustCompile(`(F_DUPFD_CLOEXEC, 0\)) += \d+`), "$1 = FD"},
	{regexp.MustCompile(`msg_namelen=\d+ => `), "msg_namelen="},
	{regexp.MustCompile(`(sendfile(?:64)?\(\w+, )\d+`), "${1}FD"},
	{regexp.MustCompile(`{msg_namelen=\d+}`), "{msg_namelen=SIZE}"},
	{regexp.MustCompile(`}\], 1, 2\d\)`), "}], 1, 30)"}, // what is left of a timeout of 30 ms
	{regexp.MustCompile(`\bfd=\d+`), "fd=FD"},
	{regexp.MustCompile(`\b0x[0-9a-f]{7,}, \[\d+\]`), "ADDRESS, [SIZE]"},
	{regexp.MustCompile(`\b0x[0-9a-f]{7,}`), "ADDRESS"},
	{regexp.MustCompile(`((?:socket|accept4?)\(.*?\)\s*) = \d+`), "$1 = FD"},
	{regexp.MustCompile(`((?:socketpair)\(.*?)\[\d+, \d+\]`), "${1}[FD, FD]"},
	{regexp.MustCompile(`htons\((?:3[2-9]\d{3}|[4-6]\d{4})\)`), "htons(PORT)"},
	{regexp.MustCompile(`\[\d+ => (\d+)\]`), "[$1]"},
	{regexp.MustCompile(`@"[0-9a-f]{5}"`), "@AUTO"},
	{regexp.MustCompile(`(@"rawsock(?:\\0|\\x00)+)\d+"`), "${1}PID\""},
	{regexp.MustCompile(`\bpid=\d+`), "pid=PID"},
	{regexp.MustCompile(`(cmsg_type=SCM_RIGHTS, cmsg_data=)\[\d+((?:, \d+)*)\]`), "${1}[FD$2]"},
	{regexp.MustCompile(`\) += `), ") = "},
	// Python leaves bytes as they were on its stack: between the fields of struct
	// sockaddr_nl and sockaddr_can, and in the union of the latter what the
	// protocol does not use. The twin's name says which protocol that is.
	{regexp.MustCompile(`nl_pad=0x[0-9a-f]+, `), ""},
	{regexp.MustCompile(`(CAN_(?:RAW|BCM).*sa_data=")(?:\\x..){2}((?:\\x..){4})(?:\\x..){16}`), "${1}${2}"},
	{regexp.MustCompile(`(CAN_ISOTP.*sa_data=")(?:\\x..){2}((?:\\x..){12})(?:\\x..){8}`), "${1}${2}"},
	{regexp.MustCompile(`(CAN_J1939.*sa_data=")(?:\\x..){2}((?:\\x..){17})(?:\\x..){3}`), "${1}${2}"},
}
