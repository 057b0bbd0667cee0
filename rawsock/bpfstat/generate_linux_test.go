package bpfstat_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rawloop/rawloop/internal/sockettest"
)

// The committed objects are what the pinned compiler makes of the sources.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	sockettest.NeedProgram(t, "clang-14", "llvm-strip-14")
	if os.Geteuid() != 0 {
		t.Skip("needs the module cache that bpf2go is in")
	}
	for _, dir := range []string{".", "../bpfsteer"} {
		source, err := os.ReadFile(filepath.Join(dir, "gen.go"))
		must(t, err)
		line := regexp.MustCompile(`(?m)^//go:generate go run (.*)$`).FindSubmatch(source)
		if line == nil {
			t.Fatalf("%s: no go:generate", dir)
		}
		out := t.TempDir()
		abs, err := filepath.Abs(dir)
		must(t, err)
		pkg := filepath.Base(abs)
		// Run by a shell for the quotes, as go generate understands them.
		cmd := exec.CommandContext(t.Context(), "sh", "-c", "exec go run "+strings.Replace(string(line[1]), "bpf2go ", "bpf2go -output-dir "+out+" ", 1))
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOPACKAGE="+pkg, "GOFLAGS=-mod=mod", "GOARCH=", "GOOS=", "GORACE=")
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		files, err := os.ReadDir(out)
		must(t, err)
		if len(files) != 4 {
			t.Errorf("%s: made %v, want 4 files", dir, files)
		}
		for _, f := range files {
			made, err := os.ReadFile(filepath.Join(out, f.Name()))
			must(t, err)
			committed, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil || !bytes.Equal(made, committed) {
				t.Errorf("%s is not what go generate makes (%v)", filepath.Join(dir, f.Name()), err)
			}
		}
	}
}
