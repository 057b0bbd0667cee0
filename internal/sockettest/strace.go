package sockettest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// straceVersion is the one whose form ours follows. What strace shows, and how,
// changes a little with each.
const straceVersion = " 6.1"

// Strace runs a program under strace, which watches the given calls, and returns
// what it printed between Begin and End of the program's thread, without their
// marks.
func Strace(t testing.TB, calls, dir string, env []string, program ...string) []string {
	t.Helper()
	NeedProgram(t, "strace")
	version, err := exec.Command("strace", "-V").Output()
	first, _, _ := strings.Cut(string(version), "\n")
	Need(t, err == nil && strings.HasSuffix(first, straceVersion), "needs strace"+straceVersion+" to compare with, here is "+first)
	out := t.TempDir()
	args := []string{"-ff", "-qq", "-a1", "-e", "trace=" + calls + ",write", "-e", "signal=none", "-o", filepath.Join(out, "trace")}
	cmd := exec.Command("strace", append(args, program...)...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GODEBUG=asyncpreemptoff=1"), env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	files, _ := filepath.Glob(filepath.Join(out, "trace.*"))
	for _, file := range files { // one for each thread
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, text2, ok := strings.Cut(string(text), markText+"begin")
		if !ok {
			continue
		}
		text2, _, _ = strings.Cut(text2, markText+"end")
		var lines []string
		for _, line := range strings.Split(text2, "\n")[1:] {
			if line != "" && !strings.HasPrefix(line, markText) {
				lines = append(lines, line)
			}
		}
		return lines
	}
	t.Fatalf("no mark in %d traces", len(files))
	return nil
}

const markText = `write(-1, "mark `

// Mark is a call that cannot succeed and that only strace sees. Strace looks for
// "begin" and "end" and leaves others out.
func Mark(name string) { _, _ = unix.Write(-1, []byte("mark "+name)) }

// SameTrace compares a trace of ours with strace's, line by line, but for what
// differs by nature: where memory lies, that strace looks up the names of
// interfaces, structs of which we do not know all, and the names of options and
// levels that strace does not know.
func SameTrace(t testing.TB, ours, theirs []string) {
	t.Helper()
	for i := range max(len(ours), len(theirs)) {
		if i == len(ours) || i == len(theirs) {
			t.Fatalf("%d lines, strace has %d; then\n\tours   %s\n\tstrace %s",
				len(ours), len(theirs), strings.Join(ours[i:], "\n\t"), strings.Join(theirs[i:], "\n\t"))
		}
		if a, b := traceText(ours[i], theirs[i]); a != b {
			t.Errorf("line %d\n\tours   %s\n\tstrace %s", i, ours[i], theirs[i])
		}
	}
}

func traceText(ours, theirs string) (string, string) {
	if m := unnamedOption.FindStringSubmatch(theirs); m != nil {
		level := m[2]
		if strings.HasPrefix(level, "0x") {
			level = `\w+`
		}
		ours = regexp.MustCompile("^"+regexp.QuoteMeta(m[1])+level+`, \w+,`).ReplaceAllString(ours, m[0])
	}
	theirs = strings.ReplaceAll(theirs, `if_nametoindex("lo")`, "1")
	if strings.Contains(ours, "{...}") {
		theirs = structStat.ReplaceAllString(theirs, "{...}")
	}
	theirs = hardLimit.ReplaceAllString(theirs, ", ...}")
	return memoryAddress.ReplaceAllString(ours, "PTR"), memoryAddress.ReplaceAllString(theirs, "PTR")
}

var (
	unnamedOption = regexp.MustCompile(`^([gs]etsockopt\(\d+, )(\w+|0x\w+ /\* SOL_\?\? \*/), (?:\d+|0x\w+ /\* \w+\?\?\? \*/),`)
	memoryAddress = regexp.MustCompile(`0x[0-9a-f]{6,}`)
	structStat    = regexp.MustCompile(`\{st_mode=[^}]*\}`)
	hardLimit     = regexp.MustCompile(`, rlim_max=[^}]*\}`)
)
