package archtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestProgramsInTextsBuild compiles every Go program that these texts show: what
// nobody compiles drifts.
func TestProgramsInTextsBuild(t *testing.T) {
	program := regexp.MustCompile("(?s)```go\n(.*?)```")
	for _, path := range []string{"README.md", "docs/python.md"} {
		text, err := os.ReadFile(filepath.Join("../..", path))
		if err != nil {
			t.Fatal(err)
		}
		blocks := program.FindAllSubmatch(text, -1)
		if len(blocks) == 0 {
			t.Errorf("%s shows no Go program", path)
		}
		for _, b := range blocks {
			src := filepath.Join(t.TempDir(), "main.go")
			if err := os.WriteFile(src, b[1], 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("go", "build", "-o", os.DevNull, src)
			cmd.Dir = "../.."
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s\n%s", path, err, out, b[1])
			}
		}
	}
}
