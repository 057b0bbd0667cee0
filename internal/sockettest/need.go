package sockettest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// requireTools is the environment variable that turns a skip for a missing
// privilege or program into a failure. The project's CI sets it to 1, so
// that no test is left out there in silence.
const requireTools = "REQUIRE_TOOLS"

// NeedRoot skips the test unless the process runs as root, and fails it
// instead where REQUIRE_TOOLS=1.
func NeedRoot(t testing.TB) {
	t.Helper()
	if uid := os.Geteuid(); uid != 0 {
		lack(t, "needs root, runs as uid %d", uid)
	}
}

// NeedProgram skips the test unless each of names is an executable on PATH,
// and fails it instead where REQUIRE_TOOLS=1. It names those that are missing.
func NeedProgram(t testing.TB, names ...string) {
	t.Helper()
	var missing []string
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		lack(t, "needs on PATH: %s", strings.Join(missing, ", "))
	}
}

// NeedPython skips the test unless python3 is on PATH and can import its
// socket module, and fails it instead where REQUIRE_TOOLS=1. It returns
// python3's path.
func NeedPython(t testing.TB) string {
	t.Helper()
	NeedProgram(t, "python3")
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Fatalf("python3: %v", err)
	}
	if out, err := exec.Command(path, "-c", "import socket").CombinedOutput(); err != nil {
		lack(t, "needs a python3 that runs: %v: %s", err, out)
	}
	return path
}

// Need skips the test unless ok, and fails it instead where REQUIRE_TOOLS=1;
// why says what is missing.
func Need(t testing.TB, ok bool, why string) {
	t.Helper()
	if !ok {
		lack(t, "%s", why)
	}
}

// lack ends the test: as skipped, or as failed where REQUIRE_TOOLS=1.
func lack(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv(requireTools) == "1" {
		t.Fatalf(format+" ("+requireTools+"=1)", args...)
	}
	t.Skipf(format, args...)
}
