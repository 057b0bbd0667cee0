package sockettest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { Main(m) }

// childEnv tells TestChild, run in a process of its own, what to leave behind.
const childEnv = "SOCKETTEST_CHILD"

// TestChild is the body of the processes that TestMainVerdict starts, and
// empty elsewhere.
func TestChild(t *testing.T) {
	switch os.Getenv(childEnv) {
	case "clean":
		Pair(t)
		TCPPair(t)
	case "descriptor":
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("left %d\n", fds[0])
		unix.Close(fds[1])
	case "goroutine":
		go leakedForever(make(chan struct{}))
	case "failure":
		unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		t.Error("wanted")
	}
}

func leakedForever(c chan struct{}) { <-c }

func TestMainVerdict(t *testing.T) {
	for _, tt := range []struct {
		leave   string
		ok      bool
		say     string
		without string
	}{
		{leave: "clean", ok: true, say: "PASS", without: "leaked"},
		{leave: "descriptor", say: "leaked 1 descriptors"},
		{leave: "goroutine", say: "leakedForever", without: "descriptors"},
		{leave: "failure", say: "wanted", without: "leaked"},
	} {
		t.Run(tt.leave, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.count=1", "-test.v")
			cmd.Env = append(os.Environ(), childEnv+"="+tt.leave)
			out, err := cmd.CombinedOutput()
			if (err == nil) != tt.ok {
				t.Errorf("exit: %v, want success: %v\n%s", err, tt.ok, out)
			}
			if !strings.Contains(string(out), tt.say) {
				t.Errorf("no %q in:\n%s", tt.say, out)
			}
			if tt.without != "" && strings.Contains(string(out), tt.without) {
				t.Errorf("%q in:\n%s", tt.without, out)
			}
			if tt.leave == "descriptor" {
				checkNamed(t, string(out))
			}
		})
	}
}

// checkNamed wants the number that the child printed in the report.
func checkNamed(t *testing.T, out string) {
	t.Helper()
	var fd int
	_, rest, _ := strings.Cut(out, "left ")
	if _, err := fmt.Sscan(rest, &fd); err != nil {
		t.Fatalf("the child did not say what it left: %v\n%s", err, out)
	}
	if want := fmt.Sprintf("descriptor %d: ", fd); !strings.Contains(out, want) {
		t.Errorf("no %q in:\n%s", want, out)
	}
}

func TestNewFDs(t *testing.T) {
	before := map[int]string{0: "tty", 3: "socket:[1]", 4: "pipe:[2]"}
	now := map[int]string{0: "tty", 3: "socket:[9]", 11: "pipe:[3]", 5: "x"}
	got := strings.Join(newFDs(before, now), "; ")
	want := "descriptor 3: socket:[9]; descriptor 5: x; descriptor 11: pipe:[3]"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
