package rawsock_test

import (
	"encoding/json"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
)

// pythonPage is what docs/python.md says: what stands in backquotes in its
// columns for Python, beside what stands next to it, and everywhere else.
type pythonPage struct {
	rows    []pageRow
	goSpans []string
}

// pageRow is a cell for Python and the cell for Go on its right.
type pageRow struct {
	python []string
	golang string
}

var span = regexp.MustCompile("`([^`]+)`")

func spans(text string) (list []string) {
	for _, m := range span.FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}

func readPythonPage(t *testing.T) *pythonPage {
	t.Helper()
	text, err := os.ReadFile("../docs/python.md")
	check(t, err)
	text = regexp.MustCompile("(?s)```.*?```").ReplaceAll(text, nil)
	page := &pythonPage{}
	var header []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "|") {
			page.goSpans = append(page.goSpans, spans(line)...)
			header = nil
			continue
		}
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if header == nil {
			header = cells
		}
		page.addRow(header, cells)
	}
	return page
}

func (page *pythonPage) addRow(header, cells []string) {
	for i, cell := range cells {
		if i >= len(header) || header[i] != "Python" && !strings.HasPrefix(header[i], "`s.") {
			page.goSpans = append(page.goSpans, spans(cell)...)
		} else if i+1 < len(cells) {
			page.rows = append(page.rows, pageRow{spans(cell), cells[i+1]})
		}
	}
}

// names are the words that the page has for Python: of the module, and behind
// "s.", with what stands beside them.
func (page *pythonPage) names() (module, methods map[string]string) {
	module, methods = map[string]string{}, map[string]string{}
	word := regexp.MustCompile(`^(s\.)?(\w+)`)
	for _, row := range page.rows {
		for _, s := range row.python {
			if m := word.FindStringSubmatch(s); m != nil && m[1] != "" {
				methods[m[2]] = row.golang
			} else if m != nil {
				module[m[2]] = row.golang
			}
		}
	}
	return module, methods
}

// pythonNames prints the public names of Python's module and sockets, and the
// values of those that are numbers.
const pythonPublicNames = `
import json, socket, sys
public = lambda of: [name for name in dir(of) if not name.startswith("_")]
numbers = {name: int(getattr(socket, name)) for name in public(socket) if isinstance(getattr(socket, name), int)}
print(json.dumps({"Minor": sys.version_info[1], "Module": public(socket), "Methods": public(socket.socket), "Numbers": numbers}))
`

type pythonAPI struct {
	Minor           int
	Module, Methods []string
	Numbers         map[string]int64
}

// newestPython is the last minor version of Python 3 that docs/python.md is about.
const newestPython = 13

func livePython(t *testing.T) pythonAPI {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), sockettest.NeedPython(t), "-c", pythonPublicNames).Output()
	check(t, err)
	var api pythonAPI
	check(t, json.Unmarshal(out, &api))
	if api.Minor > newestPython {
		t.Skipf("Python 3.%d has names that came after the page", api.Minor)
	}
	return api
}

// Every public name of Python's module and of its sockets is on the page.
func TestPythonPageIsComplete(t *testing.T) {
	api := livePython(t)
	module, methods := readPythonPage(t).names()
	for _, name := range api.Module {
		if _, ok := module[name]; !ok {
			t.Errorf("socket.%s is not on the page", name)
		}
	}
	for _, name := range api.Methods {
		if _, ok := methods[name]; !ok {
			t.Errorf("socket.socket.%s is not on the page", name)
		}
	}
}

// goPackage is a package of which only what is declared is known.
type goPackage struct {
	*types.Package
	files []*ast.File
}

type noImporter struct{}

func (noImporter) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, filepath.Base(path))
	p.MarkComplete()
	return p, nil
}

// declared reads packages by their import paths; the keys of the result are their
// names.
func declared(t *testing.T, paths ...string) map[string]goPackage {
	t.Helper()
	sockettest.NeedProgram(t, "go")
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-f", "{{.ImportPath}}\t{{.Dir}}\t{{join .GoFiles \"\t\"}}"}, paths...)...)
	out, err := list.Output()
	check(t, err)
	pkgs := map[string]goPackage{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		fset := token.NewFileSet()
		var files []*ast.File
		for _, name := range fields[2:] {
			file, err := parser.ParseFile(fset, filepath.Join(fields[1], name), nil, 0)
			check(t, err)
			files = append(files, file)
		}
		// What comes from other packages is unknown, and no error.
		conf := types.Config{IgnoreFuncBodies: true, Importer: noImporter{}, Error: func(error) {}}
		p, _ := conf.Check(fields[0], fset, files, nil)
		pkgs[p.Name()] = goPackage{p, files}
	}
	return pkgs
}

var pagePackages = []string{
	"github.com/rawloop/rawloop/rawsock", "golang.org/x/sys/unix", "github.com/rawloop/rawloop/rawsock/netdb",
	"github.com/rawloop/rawloop/rawsock/netconn",
	"bufio", "encoding/binary", "errors", "io", "net", "net/netip", "os", "time",
}

// Every Go name on the page is one: of rawsock if it begins with a capital letter,
// of another package if that stands before it, and s is a Sock.
func TestPythonPageNamesExist(t *testing.T) {
	pkgs := declared(t, pagePackages...)
	seen := 0
	name := regexp.MustCompile(`[A-Za-z_]\w*(\.[A-Za-z_]\w*)*`)
	for _, s := range readPythonPage(t).goSpans {
		if strings.ContainsAny(s, `"/`) {
			continue // Python in running text, or an import path
		}
		for _, path := range name.FindAllString(s, -1) {
			parts := strings.Split(path, ".")
			pkg := "rawsock"
			if _, ok := pkgs[parts[0]]; ok && len(parts) > 1 {
				pkg, parts = parts[0], parts[1:]
			} else if parts[0] == "s" && len(parts) > 1 {
				parts[0] = "Sock"
			} else if !token.IsExported(parts[0]) {
				continue
			}
			seen++
			if !exists(pkgs[pkg].Package, parts) {
				t.Errorf("`%s`: package %s has no %s", s, pkg, strings.Join(parts, "."))
			}
		}
	}
	if seen < 300 {
		t.Errorf("the page has %d Go names, which cannot be all", seen)
	}
}

// exists reports whether a package declares a name, and if that is a type whether
// it has a field or method with the second.
func exists(pkg *types.Package, parts []string) bool {
	obj := pkg.Scope().Lookup(parts[0])
	if obj == nil || len(parts) == 1 {
		return obj != nil
	}
	if _, ok := obj.(*types.TypeName); !ok {
		return true
	}
	member, _, _ := types.LookupFieldOrMethod(types.NewPointer(obj.Type()), true, pkg, parts[1])
	return member != nil
}

// Python's constants have the values that the page's Go has for them: under the
// same name in unix or in rawsock, as an option's number, or not at all.
func TestPythonPageConstants(t *testing.T) {
	api := livePython(t)
	pkgs := declared(t, pagePackages[:3]...)
	options := optionNames(pkgs["rawsock"].files)
	module, _ := readPythonPage(t).names()
	for _, name := range slices.Sorted(maps.Keys(api.Numbers)) {
		beside, want := module[name], api.Numbers[name]
		if row := strings.Trim(beside, "`"); options[row] != "" {
			if options[row] != name {
				t.Errorf("%s: %s is %s", name, row, options[row])
			}
			beside = "`unix.`"
		}
		where := pkgs["rawsock"]
		switch {
		case !strings.HasPrefix(beside, "`"), strings.HasPrefix(name, "ETHERTYPE_"), name == "has_ipv6":
			continue
		case strings.HasPrefix(beside, "`unix."):
			where = pkgs["unix"]
		case strings.HasPrefix(beside, "`netdb."):
			where = pkgs["netdb"]
		}
		if strings.HasPrefix(name, "UDPLITE_") {
			continue // only the row has the number
		}
		got, ok := number(where.Package, name)
		if !ok || uint32(got) != uint32(want) {
			t.Errorf("%s is %d, here %d in %s (found: %v)", name, want, got, where.Name(), ok)
		}
	}
}

func number(pkg *types.Package, name string) (int64, bool) {
	if obj, ok := pkg.Scope().Lookup(name).(*types.Const); ok && obj.Val().Kind() == constant.Int {
		return constant.Int64Val(obj.Val())
	}
	// Their type is syscall's, which the checker did not read.
	errnos := map[string]unix.Errno{"EAGAIN": unix.EAGAIN, "EBADF": unix.EBADF, "EWOULDBLOCK": unix.EWOULDBLOCK}
	e, ok := errnos[name]
	return int64(e), ok
}

// optionNames are the C names of the option rows that files declare, by variable.
func optionNames(files []*ast.File) map[string]string {
	names := map[string]string{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Names) != 1 || len(spec.Values) != 1 {
				return true
			}
			ast.Inspect(spec.Values[0], func(n ast.Node) bool {
				kv, ok := n.(*ast.KeyValueExpr)
				if !ok {
					return true
				}
				key, _ := kv.Key.(*ast.Ident)
				value, _ := kv.Value.(*ast.BasicLit)
				if key != nil && value != nil && key.Name == "Name" {
					names[spec.Names[0].Name], _ = strconv.Unquote(value.Value)
				}
				return true
			})
			return false
		})
	}
	return names
}
