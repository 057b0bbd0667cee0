package rawsock_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/rawsock"
)

// Every errno has the name and the text that the C library has.
func TestErrnoTextsAsTheCLibrary(t *testing.T) {
	python := sockettest.NeedPython(t)
	const program = `
import errno, os
for n, name in sorted(errno.errorcode.items()):
    print(n, {"ENOTSUP": "EOPNOTSUPP", "EDEADLOCK": "EDEADLK", "EWOULDBLOCK": "EAGAIN"}.get(name, name), os.strerror(n))`
	out, err := exec.Command(python, "-c", program).Output()
	check(t, err)
	lines := 0
	for line := range strings.Lines(string(out)) {
		var number int
		var name string
		if _, err := fmt.Sscan(line, &number, &name); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		text := strings.SplitN(strings.TrimSpace(line), " ", 3)[2]
		want := fmt.Sprintf("close(3) = -1 %s (%s)", name, text)
		got := rawsock.CallOf(sys.Call{Name: "close", Args: []sys.Arg{num(3)}, Errno: unix.Errno(number)}).String()
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		lines++
	}
	if lines < 100 {
		t.Errorf("only %d errnos", lines)
	}
}
