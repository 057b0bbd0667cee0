package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// harmless are the functions that poller, poller/loop and what stands below
// them may take from the packages through which a program could reach the
// kernel; all others would go past the sys.Kernel that a loop was given, and
// past the simulator behind it. "T.*" is every method of T. Types, constants
// and the methods of interfaces need no entry.
var harmless = map[string][]string{
	xunix: {},
	module + "/rawsock": {
		// The codec of addresses: bytes in, bytes out.
		"Sockaddr.*", "SockaddrFromBytes", "SockaddrFromAddrPort", "SockaddrInet4", "SockaddrInet6",
		"SockaddrUnixPath", "SockaddrUnixAbstract", "SockaddrUnixUnnamed",
		// Programs of classic BPF, and their memory.
		"Filter.*", "BPFStmt", "BPFJump", "DropAll", "SteerByCPU", "SteerByRXHash", "SteerAtRandom", "SteerByValue", "SteerByHash",
		"SteerHash",
		// The codec of options.
		"Option.AppendTo", "Option.Decode", "Option.Info", "WriteOption.AppendTo", "WriteOption.Info",
		"ReadOption.Decode", "ReadOption.Info", "OptionName", "LevelName",
	},
	module + "/internal/sys": {
		// The kernel to be given, and the shapes of what is handed to it.
		"NewKernel", "NewHost", "Token", "SetToken", "RawSockaddr.*", "Calls.*",
	},
}

// functionName returns how harmless writes fn: F, or T.M for a method of T or
// *T, and "T.*" beside it.
func functionName(fn *types.Func) (name, all string) {
	recv := fn.Signature().Recv()
	if recv == nil {
		return fn.Name(), ""
	}
	typ := recv.Type()
	if p, ok := typ.(*types.Pointer); ok {
		typ = p.Elem()
	}
	if named, ok := types.Unalias(typ).(*types.Named); ok {
		return named.Obj().Name() + "." + fn.Name(), named.Obj().Name() + ".*"
	}
	return fn.Name(), ""
}

// door returns the key of harmless that fn comes under, if any. Packages below
// rawsock have no harmless functions.
func door(fn *types.Func) (path string, ok bool) {
	if fn.Pkg() == nil {
		return "", false
	}
	path = fn.Pkg().Path()
	_, listed := harmless[path]
	return path, listed || strings.HasPrefix(path, module+"/rawsock/")
}

// kernelCalls complains of each use of a function that is not harmless, be it
// called or only named. used holds what the identifiers of a package mean.
func (u *universe) kernelCalls(used map[*ast.Ident]types.Object) (bad []string) {
	for id, obj := range used {
		fn, ok := obj.(*types.Func)
		if !ok {
			continue
		}
		path, ok := door(fn)
		if !ok || isInterfaceMethod(fn) {
			continue
		}
		name, all := functionName(fn)
		if slices.Contains(harmless[path], name) || all != "" && slices.Contains(harmless[path], all) {
			continue
		}
		pos := u.fset.Position(id.Pos())
		bad = append(bad, fmt.Sprintf("%s:%d: calls %s.%s past its sys.Kernel", filepath.Base(pos.Filename), pos.Line, ours(path), name))
	}
	slices.Sort(bad)
	return bad
}

// isInterfaceMethod reports whether fn is called through an interface, as all
// of sys.Kernel is.
func isInterfaceMethod(fn *types.Func) bool {
	recv := fn.Signature().Recv()
	return recv != nil && types.IsInterface(recv.Type())
}

// pollerPackages returns the import paths of poller and all packages below it.
func pollerPackages(t *testing.T) []string {
	t.Helper()
	paths := make(map[string]bool)
	for _, s := range tree(t) {
		if !s.test() && matches("poller/...", s.dir()) {
			paths[module+"/"+s.dir()] = true
		}
	}
	if len(paths) < 2 {
		t.Fatalf("poller and poller/loop are not both there: %v", paths)
	}
	return slices.Sorted(maps.Keys(paths))
}

func TestLoopCallsItsKernelOnly(t *testing.T) {
	pkgs := pollerPackages(t)
	for _, goos := range systems {
		t.Run(goos, func(t *testing.T) {
			t.Parallel()
			u := newUniverse(t, goos, pkgs...)
			for _, path := range pkgs {
				p := u.list[path]
				files, err := u.parse(p)
				if err != nil {
					t.Fatal(err)
				}
				used, err := u.uses(p, files)
				if err != nil {
					t.Fatal(err)
				}
				for _, complaint := range u.kernelCalls(used) {
					t.Errorf("%s: %s", ours(path), complaint)
				}
			}
		})
	}
}

func TestKernelCallsAreCaught(t *testing.T) {
	u := newUniverse(t, "linux", xunix, module+"/rawsock", module+"/internal/sys")
	for _, tt := range []struct{ src, want string }{
		{`func f() { rawsock.Socket(1, 2, 3) }`, "calls rawsock.Socket past"},
		{`type c struct{ fd rawsock.FD }; func f(x *c) { x.fd.Close() }`, "calls rawsock.FD.Close past"},
		{`var f = rawsock.FD.Send`, "calls rawsock.FD.Send past"},
		{`func f() error { fd := rawsock.FD(3); g := fd.Listen; return g(1) }`, "calls rawsock.FD.Listen past"},
		{`type c struct{ rawsock.FD }; func f(x c) { x.Shutdown(0) }`, "calls rawsock.FD.Shutdown past"},
		{`func f() { unix.Close(3) }`, "calls golang.org/x/sys/unix.Close past"},
		{`func f() { sys.Close(3) }`, "calls internal/sys.Close past"},
		{`func f(h *sys.Host) { h.Close(3) }`, "calls internal/sys.Host.Close past"},
		{`func f(k sys.Kernel) { k.Close(3) }`, ""},
		{`func f() sys.Kernel { return sys.NewHost() }`, ""},
		{`func f(b []byte) (rawsock.Sockaddr, error) { return rawsock.SockaddrFromBytes(b) }`, ""},
		{`func f(sa rawsock.Sockaddr, fd rawsock.FD) (string, int) { return sa.String(), int(fd) }`, ""},
		{`func f(fd rawsock.FD) error { return rawsock.TCPNoDelay.Set(fd, true) }`, "calls rawsock.Option.Set past"},
		{`func f(b []byte) ([]byte, error) { return rawsock.TCPNoDelay.AppendTo(b, true) }`, ""},
		{`func f(e unix.Errno) bool { return e.Temporary() || e == unix.EAGAIN }`, ""},
	} {
		src := fmt.Sprintf("package loop\nimport (%q; %q; %q)\nvar (_ rawsock.FD; _ unix.Errno; _ sys.Errno)\n%s\n",
			module+"/rawsock", xunix, module+"/internal/sys", tt.src)
		file, err := parser.ParseFile(u.fset, "snippet.go", src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		used, err := u.uses(listed{ImportPath: module + "/poller/loop"}, []*ast.File{file})
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
			continue
		}
		got := strings.Join(u.kernelCalls(used), "\n")
		if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.src, got, tt.want)
		}
	}
}

// TestHarmlessFunctionsExist keeps harmless free of names that are gone: one
// could come back as something else.
func TestHarmlessFunctionsExist(t *testing.T) {
	u := newUniverse(t, "linux", slices.Collect(maps.Keys(harmless))...)
	for path, names := range harmless {
		pkg, err := imports{u, nil}.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			name, _, _ = strings.Cut(name, ".")
			if pkg.Scope().Lookup(name) == nil {
				t.Errorf("%s has no %s", ours(path), name)
			}
		}
	}
}
