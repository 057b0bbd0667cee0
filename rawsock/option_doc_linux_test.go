package rawsock_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

//go:generate go test -run TestOptionsReference -update .

var update = flag.Bool("update", false, "write docs/reference/options.md instead of comparing with it")

// optionVar is the package variable of an option, as the source has it.
type optionVar struct {
	name, typ, does string
}

// optionVars parses the rows: a variable of an option type has its row's C name
// in its value.
func optionVars(t *testing.T) map[string]optionVar {
	t.Helper()
	files, err := filepath.Glob("option*.go")
	check(t, err)
	vars := make(map[string]optionVar)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		check(t, err)
		for _, decl := range file.Decls {
			if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == token.VAR && !strings.HasSuffix(name, "_test.go") {
				for _, spec := range gen.Specs {
					addOptionVar(vars, spec.(*ast.ValueSpec))
				}
			}
		}
	}
	return vars
}

func addOptionVar(vars map[string]optionVar, spec *ast.ValueSpec) {
	if len(spec.Values) != 1 {
		return
	}
	lit, ok := spec.Values[0].(*ast.CompositeLit)
	if !ok {
		return
	}
	v := optionVar{name: spec.Names[0].Name}
	switch typ := lit.Type.(type) {
	case *ast.IndexExpr:
		if !strings.HasSuffix(fmt.Sprint(typ.X), "Option") {
			return
		}
		v.typ = typeText(typ.Index)
	case *ast.Ident:
		if !strings.HasSuffix(typ.Name, "BytesOption") {
			return
		}
		v.typ = "[]byte"
	default:
		return
	}
	v.does = strings.Join(strings.Fields(strings.TrimPrefix(spec.Doc.Text(), v.name+" ")), " ")
	vars[levelAndName(lit)] = v
}

func typeText(e ast.Expr) string {
	if sel, ok := e.(*ast.SelectorExpr); ok {
		return typeText(sel.X) + "." + sel.Sel.Name
	}
	return fmt.Sprint(e)
}

// levelAndName is the level's constant and the C name in the row of an option.
func levelAndName(lit *ast.CompositeLit) (key string) {
	ast.Inspect(lit, func(n ast.Node) bool {
		if kv, ok := n.(*ast.KeyValueExpr); ok {
			switch value := kv.Value.(type) {
			case *ast.Ident:
				if fmt.Sprint(kv.Key) == "Level" {
					key = value.Name + key
				}
			case *ast.BasicLit:
				if fmt.Sprint(kv.Key) == "Name" {
					key += "/" + strings.Trim(value.Value, `"`)
				}
			}
		}
		return true
	})
	return key
}

// optionLevels are the sections of the reference.
var optionLevels = []struct {
	number         int
	constant, head string
}{
	{unix.SOL_SOCKET, "levelSocket", "Every socket (SOL_SOCKET)"},
	{unix.IPPROTO_IP, "levelIP", "IPv4 (IPPROTO_IP)"},
	{unix.IPPROTO_IPV6, "levelIPv6", "IPv6 (IPPROTO_IPV6)"},
	{unix.IPPROTO_TCP, "levelTCP", "TCP (IPPROTO_TCP)"},
	{unix.SOL_MPTCP, "levelMPTCP", "Multipath TCP (SOL_MPTCP)"},
	{unix.IPPROTO_UDP, "levelUDP", "UDP (IPPROTO_UDP)"},
	{unix.IPPROTO_UDPLITE, "levelUDPLite", "UDP-Lite (IPPROTO_UDPLITE)"},
	{unix.SOL_PACKET, "levelPacket", "Packet sockets (SOL_PACKET)"},
	{unix.SOL_NETLINK, "levelNetlink", "Netlink (SOL_NETLINK)"},
	{unix.AF_VSOCK, "levelVsock", "Sockets between virtual machines (AF_VSOCK)"},
	{unix.SOL_XDP, "levelXDP", "XDP sockets (SOL_XDP)"},
	{unix.SOL_RAW, "levelRaw", "Raw ICMP sockets (SOL_RAW)"},
	{unix.SOL_ICMPV6, "levelICMPv6", "Raw ICMPv6 sockets (SOL_ICMPV6)"},
}

// TestOptionsReference compares docs/reference/options.md with the rows. With
// -update it writes the file.
func TestOptionsReference(t *testing.T) {
	vars := optionVars(t)
	var doc strings.Builder
	rows := 0
	for _, level := range optionLevels {
		fmt.Fprintf(&doc, "\n## %s\n\n%s", level.head, referenceHead)
		for o := range rawsock.Options() {
			if o.Level != level.number {
				continue
			}
			v, ok := vars[level.constant+"/"+o.Name]
			if !ok || v.does == "" {
				t.Errorf("%s has no variable with a comment in the source", o.Name)
			}
			writeOption(&doc, v, o)
			rows++
		}
	}
	if rows != len(vars) {
		t.Errorf("%d variables, %d of them listed: one is in no list of rows", len(vars), rows)
	}
	text := fmt.Sprintf(referenceIntro, rows) + doc.String()
	name := filepath.Join("..", "docs", "reference", "options.md")
	if *update {
		check(t, os.MkdirAll(filepath.Dir(name), 0o755))
		check(t, os.WriteFile(name, []byte(text), 0o644))
	}
	got, err := os.ReadFile(name)
	check(t, err)
	if string(got) != text {
		t.Errorf("%s is not what the rows say; write it with: go generate ./rawsock", name)
	}
}

const referenceIntro = `# Socket options

The %d options that package rawsock has as typed rows: ` + "`rawsock.TCPNoDelay.Set(fd, true)`, `rawsock.TCPInfo.Get(fd)`" + `. Each call is one system call.
This page is written from the rows by ` + "`go generate ./rawsock`" + `; the table test holds every one of them against a kernel.

- **Access** is what the kernel allows; the type of the variable allows the same, so that the rest does not compile.
- **Linux** is the first version that has the option; an older one answers ENOPROTOOPT. Other systems have the options that their headers name, and for the rest errors.ErrUnsupported.
- **Reads** says how what is read differs from what was set; where it is empty, they are equal.
- **Needs** is the capability that setting takes, or what a kernel may be built or run without, and the errno without it.
`

const referenceHead = `| C | Go | type in Go | type in C | access | Linux | described in | what it does | reads | needs |
|---|---|---|---|---|---|---|---|---|---|
`

func writeOption(doc *strings.Builder, v optionVar, o rawsock.OptionInfo) {
	var needs []string
	if o.Cap != "" {
		needs = append(needs, o.Cap+": "+errnoName(o.Denied))
	}
	if o.Needs != "" {
		needs = append(needs, o.Needs+": "+errnoName(o.Lacks))
	}
	fmt.Fprintf(doc, "| %s | `%s` | %s | %s | %s | %s | %s | %s | %s | %s |\n",
		o.Name, v.name, v.typ, o.Type, o.Access, o.Since, o.Man, strings.TrimSuffix(v.does, "."), o.Reads, strings.Join(needs, "; "))
}

// errnoName prefers the name that socket calls document.
func errnoName(e unix.Errno) string {
	if e == unix.EOPNOTSUPP {
		return "EOPNOTSUPP"
	}
	return unix.ErrnoName(e)
}
