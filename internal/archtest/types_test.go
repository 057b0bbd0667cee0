package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// systems are the operating systems that the module builds for.
var systems = []string{"linux", "darwin", "freebsd", "netbsd", "openbsd", "dragonfly"}

// listed is one package as "go list -json" describes it.
type listed struct {
	ImportPath, Dir string
	GoFiles         []string
	ImportMap       map[string]string
	Error           *struct{ Err string }
}

// universe type-checks packages from their source, as one operating system
// sees it, and keeps what it has checked. It needs no compiled package and no
// network.
type universe struct {
	goos    string
	fset    *token.FileSet
	list    map[string]listed
	checked map[string]*types.Package
}

// newUniverse asks the go command where pkgs and all that they import stand.
// Packages that are not there at all are left out.
func newUniverse(t *testing.T, goos string, pkgs ...string) *universe {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go",
		append([]string{"list", "-e", "-deps", "-json=ImportPath,Dir,GoFiles,ImportMap,Error"}, pkgs...)...)
	cmd.Dir = moduleRoot(t)
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list for %s: %v\n%s", goos, err, stderr.Bytes())
	}
	u := &universe{
		goos:    goos,
		fset:    token.NewFileSet(),
		list:    make(map[string]listed),
		checked: map[string]*types.Package{"unsafe": types.Unsafe},
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return u
		} else if err != nil {
			t.Fatal(err)
		}
		u.list[p.ImportPath] = p
	}
}

// imports resolves the imports of one package.
type imports struct {
	*universe
	names map[string]string
}

// Import is that of types.Importer.
func (i imports) Import(path string) (*types.Package, error) {
	if to, ok := i.names[path]; ok {
		path = to
	}
	if pkg, ok := i.checked[path]; ok {
		return pkg, nil
	}
	p, ok := i.list[path]
	if !ok {
		return nil, fmt.Errorf("%s is not among the packages listed", path)
	}
	files, err := i.parse(p)
	if err != nil {
		return nil, err
	}
	pkg, err := i.check(p, files, nil)
	i.checked[path] = pkg
	return pkg, err
}

// parse reads the files of p that its system has.
func (u *universe) parse(p listed) ([]*ast.File, error) {
	if p.Error != nil {
		return nil, errors.New(p.Error.Err)
	}
	files := make([]*ast.File, 0, len(p.GoFiles))
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(u.fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// check type-checks p, with the bodies of its functions if info is wanted.
func (u *universe) check(p listed, files []*ast.File, info *types.Info) (*types.Package, error) {
	conf := types.Config{
		Importer:         imports{u, p.ImportMap},
		Sizes:            types.SizesFor("gc", "amd64"),
		IgnoreFuncBodies: info == nil,
	}
	return conf.Check(p.ImportPath, u.fset, files, info)
}

// uses type-checks files as the package path and returns what each of their
// identifiers stands for.
func (u *universe) uses(p listed, files []*ast.File) (map[*ast.Ident]types.Object, error) {
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	if _, err := u.check(p, files, info); err != nil {
		return nil, fmt.Errorf("type-check %s for %s: %w", p.ImportPath, u.goos, err)
	}
	return info.Uses, nil
}
