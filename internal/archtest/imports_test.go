package archtest

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

const (
	xunix     = "golang.org/x/sys/unix"
	clientgo  = "github.com/prometheus/client_golang/prometheus"
	ciliumBPF = "github.com/cilium/ebpf"
)

// layers is what a program on top may use of ours.
var layers = []string{"rawsock/...", "poller/..."}

// arrows says for each package what it may import apart from the standard
// library. Packages of this module go by their directory. A name that ends
// in "/..." stands for the directory and all below it; a row for exactly one
// directory comes before such a row.
var arrows = map[string][]string{
	// What the kernel offers, exactly.
	"rawsock":              {xunix, "internal/sys"},
	"rawsock/diag":         {"rawsock", "github.com/mdlayher/netlink"},
	"rawsock/packet":       {"rawsock", "github.com/gopacket/gopacket/pcapgo"},
	"rawsock/netdb":        {xunix, "rawsock", "golang.org/x/net/dns/dnsmessage"},
	"rawsock/netconn":      {xunix, "rawsock", "rawsock/netdb", "github.com/mdlayher/socket", "syscall"},
	"rawsock/bpfstat":      {xunix, "rawsock", ciliumBPF + "/..."},
	"rawsock/bpfsteer":     {xunix, "rawsock", ciliumBPF},
	"rawsock/bpfstat/prom": {"rawsock/bpfstat", clientgo + "/..."},

	// Readiness, and the loop on top of it. Of x/sys/unix they use constants
	// and types: see calls_test.go.
	"poller": {xunix, "internal/sys"},
	"poller/loop": {
		xunix, "poller", "rawsock",
		"internal/address", "internal/buf", "internal/queue", "internal/sys", "internal/timer",
	},
	"poller/loop/frame":   {},
	"poller/loop/looptls": {"poller/loop"},
	"poller/loop/metrics": {"poller/loop", clientgo + "/..."},

	// The door to the kernel, and what stands behind it in tests.
	"internal/sys":        {xunix, "unsafe", "syscall"}, // syscall.ForkLock, which x/sys does not have
	"internal/simkernel":  {xunix, "internal/sys"},
	"internal/sockettest": {xunix, "go.uber.org/goleak", "testing"},
	"internal/archtest":   {},

	// Pure data structures, and the grammar of addresses.
	"internal/buf":     {},
	"internal/queue":   {},
	"internal/timer":   {},
	"internal/address": {xunix, "rawsock"},

	// Programs.
	"cmd/rawloop": append([]string{
		xunix, "syscall", "internal/address", "github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/HdrHistogram/hdrhistogram-go",
	}, layers...),
	"examples/...": append([]string{xunix, "syscall"}, layers...),
}

// guarded are the packages of the standard library that need a row too.
var guarded = []string{"C", "syscall", "testing", "unsafe"}

// matches reports whether pattern, as in arrows, covers name.
func matches(pattern, name string) bool {
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == below || strings.HasPrefix(name, below+"/")
	}
	return name == pattern
}

// row returns what the package in dir may import, and whether it has a row.
func row(dir string) ([]string, bool) {
	if allowed, ok := arrows[dir]; ok {
		return allowed, true
	}
	for pattern, allowed := range arrows {
		if matches(pattern, dir) {
			return allowed, true
		}
	}
	return nil, false
}

// ours returns an import path as arrows writes it: without the module.
func ours(pkg string) string { return strings.TrimPrefix(pkg, module+"/") }

// free reports whether every package may import pkg.
func free(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".") && !slices.Contains(guarded, pkg)
}

// unlistedArrows complains of each import of s that arrows does not list.
func unlistedArrows(s source) (bad []string) {
	if s.test() {
		return nil
	}
	allowed, ok := row(s.dir())
	if !ok {
		return []string{s.at(s.file.Name, "package %s has no row in arrows", s.dir())}
	}
	for _, spec := range s.file.Imports {
		pkg := imported(spec)
		if free(pkg) || slices.ContainsFunc(allowed, func(p string) bool { return matches(p, ours(pkg)) }) {
			continue
		}
		bad = append(bad, s.at(spec, "%s may not import %s", s.dir(), ours(pkg)))
	}
	return bad
}

// reach returns the packages of ours that those in dirs import, in any number
// of steps.
func reach(files []source, dirs ...string) map[string]bool {
	seen := make(map[string]bool)
	var visit func(dir string)
	visit = func(dir string) {
		for _, s := range files {
			if s.test() || s.dir() != dir {
				continue
			}
			for _, spec := range s.file.Imports {
				if pkg := imported(spec); strings.HasPrefix(pkg, module+"/") && !seen[ours(pkg)] {
					seen[ours(pkg)] = true
					visit(ours(pkg))
				}
			}
		}
	}
	for _, dir := range dirs {
		visit(dir)
	}
	return seen
}

// crossings complains where rawsock or anything below it reaches poller or
// anything below it, and where poller itself reaches rawsock.
func crossings(files []source) (bad []string) {
	dirs := make(map[string]bool)
	for _, s := range files {
		dirs[s.dir()] = true
	}
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		forbidden := ""
		switch {
		case matches("rawsock/...", dir):
			forbidden = "poller/..."
		case dir == "poller":
			forbidden = "rawsock/..."
		default:
			continue
		}
		for _, to := range slices.Sorted(maps.Keys(reach(files, dir))) {
			if matches(forbidden, to) {
				bad = append(bad, dir+" reaches "+to)
			}
		}
	}
	return bad
}

func TestImportGraph(t *testing.T) {
	files := tree(t)
	for _, s := range files {
		for _, complaint := range unlistedArrows(s) {
			t.Error(complaint)
		}
	}
	for _, complaint := range crossings(files) {
		t.Error(complaint)
	}
}

func TestUnlistedArrowsAreCaught(t *testing.T) {
	for _, tt := range []struct{ name, imports, want string }{
		{"rawsock/x.go", `"` + module + `/poller"`, "rawsock may not import poller"},
		{"rawsock/x_netbsd.go", `"net"; "example.org/mod"`, "rawsock may not import example.org/mod"},
		{"rawsock/x.go", `_ "unsafe"`, "rawsock may not import unsafe"},
		{"poller/x_windows.go", `r "` + module + `/rawsock"`, "poller may not import rawsock"},
		{"poller/loop/x.go", `"` + module + `/internal/sockettest"`, "poller/loop may not import internal/sockettest"},
		{"poller/loop/x.go", `"syscall"`, "poller/loop may not import syscall"},
		{"poller/loop/frame/x.go", `"` + module + `/poller/loop"`, "poller/loop/frame may not import poller/loop"},
		{"internal/sys/x.go", `"C"`, "internal/sys may not import C"},
		{"internal/buf/x.go", `"` + module + `/internal/sys"`, "internal/buf may not import internal/sys"},
		{"examples/echo/x.go", `"` + module + `/internal/sys"`, "examples/echo may not import internal/sys"},
		{"utils/x.go", `"net"`, "package utils has no row in arrows"},
		{"rawsock/x_test.go", `"` + module + `/poller"`, ""},
		{"rawsock/x.go", `"net"; "` + module + `/internal/sys"; "golang.org/x/sys/unix"`, ""},
		{"internal/sys/x.go", `"unsafe"`, ""},
		{"examples/echo/x.go", `"` + module + `/poller/loop"`, ""},
		{"rawsock/bpfstat/x.go", `"github.com/cilium/ebpf/link"`, ""},
	} {
		s := snippet(t, tt.name, "package x\nimport ("+tt.imports+")\n")
		got := strings.Join(unlistedArrows(s), "\n")
		if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s importing %s: got %q, want %q", tt.name, tt.imports, got, tt.want)
		}
	}
}

func TestCrossingsAreCaught(t *testing.T) {
	imports := func(name, pkg string) source {
		return snippet(t, name, "package x\nimport _ \""+module+"/"+pkg+"\"\n")
	}
	files := []source{
		imports("rawsock/netdb/a_linux.go", "internal/buf"),
		imports("internal/buf/b.go", "internal/timer"),
		imports("internal/timer/c_darwin.go", "poller/loop"),
		imports("poller/d.go", "internal/queue"),
		imports("internal/queue/e.go", "rawsock"),
		imports("poller/loop/f.go", "rawsock"),
	}
	got := strings.Join(crossings(files), "; ")
	if want := "poller reaches rawsock; rawsock/netdb reaches poller/loop"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if bad := crossings(files[:2]); bad != nil {
		t.Errorf("no crossing, but: %s", bad)
	}
}
