package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// module is the import path that every package of ours begins with.
const module = "github.com/rawloop/rawloop"

// source is one Go file of the module.
type source struct {
	name string // slash-separated, relative to the module's root
	fset *token.FileSet
	file *ast.File
}

// dir returns the directory that the file stands in, which names its package.
func (s source) dir() string { return path.Dir(s.name) }

// test reports whether the file takes part in tests only.
func (s source) test() bool { return strings.HasSuffix(s.name, "_test.go") }

// at formats one complaint about the place of n.
func (s source) at(n ast.Node, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", s.name, s.fset.Position(n.Pos()).Line, fmt.Sprintf(format, args...))
}

// imported returns the path of an import.
func imported(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return p
}

// localName returns the name by which the file knows the package path, or ""
// if it does not import it.
func (s source) localName(pkg string) string {
	for _, spec := range s.file.Imports {
		if imported(spec) != pkg {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(pkg)
	}
	return ""
}

// parse reads one file from src, or from disk if src is nil.
func parse(fset *token.FileSet, root, name string, src any) (source, error) {
	f, err := parser.ParseFile(fset, filepath.Join(root, name), src, parser.ParseComments|parser.SkipObjectResolution)
	return source{name: filepath.ToSlash(name), fset: fset, file: f}, err
}

// snippet parses src as the file name of the module.
func snippet(t *testing.T, name, src string) source {
	t.Helper()
	s, err := parse(token.NewFileSet(), "", name, src)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// moduleRoot returns the directory of the module's go.mod.
func moduleRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(mod), "module "+module+"\n") {
		t.Fatalf("%s is not the root of %s", root, module)
	}
	return root
}

// tree parses every Go file of the module, for whatever system it is.
func tree(t *testing.T) []source {
	t.Helper()
	root := moduleRoot(t)
	fset := token.NewFileSet()
	var files []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p != root && foreign(p, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		name, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		s, err := parse(fset, root, name, nil)
		files = append(files, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// foreign reports whether the go command leaves the directory out of ./...
func foreign(dir, name string) bool {
	if name == "vendor" || name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// TestTreeIsWhole wants files of several systems in the tree, so that no
// rule passes for having seen nothing.
func TestTreeIsWhole(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range tree(t) {
		seen[s.name] = true
	}
	for _, name := range []string{
		"internal/sockettest/fds_linux.go", "internal/sockettest/fds_other.go", "internal/archtest/tree_test.go",
	} {
		if !seen[name] {
			t.Errorf("%s was not read", name)
		}
	}
	for name := range seen {
		if strings.HasPrefix(name, "internal/compare/") {
			t.Errorf("%s belongs to another module", name)
		}
	}
}
