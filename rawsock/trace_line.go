package rawsock

import (
	"bytes"
	"strconv"

	"github.com/rawloop/rawloop/internal/sys"
)

// line is a line of a trace in the making.
type line struct {
	b     []byte
	call  *sys.Call
	limit int
}

// format appends all of the line. Arguments that are not expected are shown as
// addresses are.
func (l *line) format() {
	how := signatures[l.call.Name]
	count := len(l.call.Args)
	if how.count != nil {
		count = min(count, how.count(l))
	}
	l.str(l.call.Name)
	l.str("(")
	for i := range count {
		if i > 0 {
			l.str(", ")
		}
		if i < len(how.args) {
			how.args[i](l, i)
		} else {
			argAddress(l, i)
		}
	}
	l.str(") = ")
	switch {
	case l.call.Errno != 0:
		l.errno(l.call.Errno)
	case how.result != nil:
		how.result(l)
	default:
		l.int(int64(l.call.Ret))
	}
}

// arg is argument i, or none if there are fewer.
func (l *line) arg(i int) *sys.Arg {
	if i < len(l.call.Args) {
		return &l.call.Args[i]
	}
	return &sys.Arg{}
}

// word is argument i as the C int that it mostly is.
func (l *line) word(i int) int { return int(int32(l.arg(i).Word)) }

func (l *line) failed() bool { return l.call.Errno != 0 }

func (l *line) str(s string)  { l.b = append(l.b, s...) }
func (l *line) int(n int64)   { l.b = strconv.AppendInt(l.b, n, 10) }
func (l *line) uint(n uint64) { l.b = strconv.AppendUint(l.b, n, 10) }

// hex is C's %#x: zero has no prefix.
func (l *line) hex(n uint64) {
	if n != 0 {
		l.str("0x")
	}
	l.b = strconv.AppendUint(l.b, n, 16)
}

func (l *line) pointer(addr uintptr) {
	if addr == 0 {
		l.str("NULL")
		return
	}
	l.hex(uint64(addr))
}

// field begins a field of a struct, or the struct.
func (l *line) field(name string) {
	if l.b[len(l.b)-1] != '{' {
		l.str(", ")
	}
	l.str(name)
	l.str("=")
}

// unnamed is a number that has no name among those that end in unknown.
func (l *line) unnamed(v uint64, unknown string) {
	if l.hex(v); unknown != "" {
		l.str(" /* " + unknown + " */")
	}
}

// name is the name of v in table.
func (l *line) name(v int, table []name, unknown string) {
	for _, row := range table {
		if row.value == v {
			l.str(row.name)
			return
		}
	}
	l.unnamed(uint64(uint32(v)), unknown)
}

// flags are the names of the bits of v, in the table's order, and what is left.
func (l *line) flags(v uint64, table []name, unknown string) {
	if v == 0 {
		l.str("0")
		return
	}
	named := false
	for _, row := range table {
		bits := uint64(uint32(row.value))
		if bits == 0 || v&bits != bits {
			continue
		}
		if named {
			l.str("|")
		}
		l.str(row.name)
		v &^= bits
		named = true
	}
	switch {
	case v != 0 && named:
		l.str("|")
		l.hex(v)
	case v != 0:
		l.unnamed(v, unknown)
	}
}

// bytes is a buffer of which l.limit bytes are shown.
func (l *line) bytes(p []byte) {
	shown := p[:min(len(p), l.limit)]
	l.quoted(shown)
	if len(shown) < len(p) {
		l.str("...")
	}
}

// quoted is p as a C string. An octal escape is as short as what follows lets it
// be.
func (l *line) quoted(p []byte) {
	l.b = append(l.b, '"')
	for i, c := range p {
		switch {
		case c == '"' || c == '\\':
			l.b = append(l.b, '\\', c)
		case ' ' <= c && c <= '~':
			l.b = append(l.b, c)
		case '\t' <= c && c <= '\r':
			l.b = append(l.b, '\\', "tnvfr"[c-'\t'])
		case i+1 < len(p) && '0' <= p[i+1] && p[i+1] <= '7':
			l.b = append(l.b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			l.b = append(l.b, '\\')
			l.b = strconv.AppendUint(l.b, uint64(c), 8)
		}
	}
	l.b = append(l.b, '"')
}

// cString is p up to its first NUL.
func (l *line) cString(p []byte) {
	p, _, _ = bytes.Cut(p, []byte{0})
	l.quoted(p)
}

// hexed is p as a C string of nothing but hexadecimal escapes.
func (l *line) hexed(p []byte) {
	l.b = append(l.b, '"')
	for _, c := range p {
		l.b = append(l.b, '\\', 'x', digits[c>>4], digits[c&15])
	}
	l.b = append(l.b, '"')
}

const digits = "0123456789abcdef"

// array is n elements, of which l.limit are shown.
func (l *line) array(n int, element func(i int)) {
	l.str("[")
	for i := range n {
		if i > 0 {
			l.str(", ")
		}
		if i == l.limit {
			l.str("...")
			break
		}
		element(i)
	}
	l.str("]")
}
