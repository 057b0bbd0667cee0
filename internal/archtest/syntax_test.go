package archtest

import (
	"go/ast"
	"regexp"
	"strings"
	"testing"
)

// rawCall matches what only internal/sys may name: system call numbers, the
// functions that take one, and the way past Go's own.
var rawCall = regexp.MustCompile(`^(SYS_.*|(Raw)?(Syscall|VforkSyscall)(6|9|NoError|N)?)$`)

// selected calls f for every pkg.Name in the tree below n, where the file
// imports path as pkg.
func selected(s source, n ast.Node, path string, f func(sel *ast.SelectorExpr)) {
	local := s.localName(path)
	if local == "" || n == nil {
		return
	}
	ast.Inspect(n, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local {
				f(sel)
			}
		}
		return true
	})
}

// rawCalls complains of a system call made by number outside internal/sys.
// An import with a dot would hide one, so that is refused too.
func rawCalls(s source) (bad []string) {
	if s.test() || s.dir() == "internal/sys" {
		return nil
	}
	for _, path := range []string{xunix, "syscall"} {
		if s.localName(path) == "." {
			bad = append(bad, s.at(s.file.Name, "imports %s with a dot", path))
		}
		selected(s, s.file, path, func(sel *ast.SelectorExpr) {
			if rawCall.MatchString(sel.Sel.Name) {
				bad = append(bad, s.at(sel, "%s belongs in internal/sys", sel.Sel.Name))
			}
		})
	}
	return bad
}

// pragmas complains of comments that speak to the compiler behind the
// reader's back: //go:norace anywhere, //go:linkname outside internal/sys.
func pragmas(s source) (bad []string) {
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			switch {
			case strings.HasPrefix(c.Text, "//go:norace"):
				bad = append(bad, s.at(c, "go:norace hides a data race"))
			case strings.HasPrefix(c.Text, "//go:linkname") && s.dir() != "internal/sys":
				bad = append(bad, s.at(c, "go:linkname belongs in internal/sys"))
			}
		}
	}
	return bad
}

// branchesOnOS complains of an if or switch that asks runtime.GOOS: what one
// system does differently stands in a file of that system.
func branchesOnOS(s source) (bad []string) {
	if s.test() {
		return nil
	}
	refuse := func(sel *ast.SelectorExpr) {
		if sel.Sel.Name == "GOOS" {
			bad = append(bad, s.at(sel, "branches on runtime.GOOS"))
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			selected(s, n.Cond, "runtime", refuse)
		case *ast.SwitchStmt:
			if n.Tag != nil {
				selected(s, n.Tag, "runtime", refuse)
			}
		case *ast.CaseClause:
			for _, e := range n.List {
				selected(s, e, "runtime", refuse)
			}
		}
		return true
	})
	return bad
}

// syntaxRules are the rules that one file alone can break.
var syntaxRules = map[string]func(source) []string{
	"raw calls": rawCalls,
	"pragmas":   pragmas,
	"GOOS":      branchesOnOS,
}

func TestSyntax(t *testing.T) {
	for _, s := range tree(t) {
		for _, rule := range syntaxRules {
			for _, complaint := range rule(s) {
				t.Error(complaint)
			}
		}
	}
}

func TestSyntaxRulesCatch(t *testing.T) {
	for _, tt := range []struct{ rule, name, src, want string }{
		{"raw calls", "rawsock/x.go", `import "golang.org/x/sys/unix"; const n = unix.SYS_BIND`, "SYS_BIND belongs"},
		{"raw calls", "poller/x_linux.go", `import u "golang.org/x/sys/unix"; var f = u.RawSyscall6`, "RawSyscall6 belongs"},
		{"raw calls", "cmd/rawloop/x.go", `import "syscall"; func f() { syscall.Syscall(1, 2, 3, 4) }`, "Syscall belongs"},
		{"raw calls", "rawsock/x.go", `import . "golang.org/x/sys/unix"; const n = AF_INET`, "with a dot"},
		{"raw calls", "internal/sys/x.go", `import "golang.org/x/sys/unix"; const n = unix.SYS_BIND`, ""},
		{"raw calls", "rawsock/x_test.go", `import "golang.org/x/sys/unix"; const n = unix.SYS_BIND`, ""},
		{"raw calls", "rawsock/x.go", `import "golang.org/x/sys/unix"; const n = unix.AF_INET`, ""},
		{"pragmas", "poller/loop/x_test.go", "//go:norace\nfunc f() {}", "go:norace hides"},
		{"pragmas", "rawsock/x.go", "//go:linkname f runtime.f\nfunc f()", "go:linkname belongs"},
		{"pragmas", "internal/sys/x.go", "//go:linkname f runtime.f\nfunc f()", ""},
		{"pragmas", "rawsock/x.go", "// A word on go:norace is no pragma.\nfunc f() {}", ""},
		{"GOOS", "rawsock/x.go", `import "runtime"; func f() { if x := 1; x > 0 && runtime.GOOS == "linux" {} }`, "branches on"},
		{"GOOS", "poller/x.go", `import "runtime"; func f() { switch runtime.GOOS { case "linux": } }`, "branches on"},
		{"GOOS", "poller/x.go", `import r "runtime"; func f() { switch { case r.GOOS == "linux": } }`, "branches on"},
		{"GOOS", "cmd/rawloop/x.go", `import "runtime"; func f() string { if runtime.NumCPU() > 1 { return runtime.GOOS }; return "" }`, ""},
	} {
		s := snippet(t, tt.name, "package x\n"+tt.src)
		got := strings.Join(syntaxRules[tt.rule](s), "\n")
		if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s, %s: %s: got %q, want %q", tt.rule, tt.name, tt.src, got, tt.want)
		}
	}
}
