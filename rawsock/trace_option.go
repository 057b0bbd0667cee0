package rawsock

import (
	"slices"

	"golang.org/x/sys/unix"
)

// argLevel is the second argument of getsockopt(2) and setsockopt(2), argOption the
// third, whose meaning depends on it.
func argLevel(l *line, i int) { l.known(LevelName(l.word(i)), l.word(i), "SOL_??") }

func argOption(l *line, i int) {
	level, v := l.word(1), l.word(i)
	for _, row := range optionSpellings {
		if row.level == level && row.number == v && (row.call == "" || row.call == l.call.Name) {
			l.str(row.name)
			return
		}
	}
	name := OptionName(level, v)
	if !isNumber(name) {
		l.str(name)
		return
	}
	for _, row := range optionPrefixes {
		if row.value == level {
			l.unnamed(uint64(uint32(v)), row.name+"???")
			return
		}
	}
	l.uint(uint64(uint32(v)))
}

// optionSpelling is an option that strace spells in its own way, in one of the
// calls or in both.
type optionSpelling struct {
	level, number int
	call, name    string
}

// optionValue is how the value of one option is shown, if it has at least min
// bytes and at most max, where that is not 0. All others are ints if they are as
// long as one, and else bytes.
type optionValue struct {
	level, number, min, max int
	show                    func(l *line, b []byte)
}

func (v *optionValue) fits(n int) bool { return n >= v.min && (v.max == 0 || n <= v.max) }

func valueOf(level, number int, values []optionValue) *optionValue {
	i := slices.IndexFunc(values, func(v optionValue) bool { return v.level == level && v.number == number })
	switch {
	case i >= 0:
		return &values[i]
	case level == unix.SOL_SOCKET && slices.Contains(intOptions[:], number), level == levelOfInts:
		return &anInt
	}
	return nil
}

var anInt = optionValue{min: 4, show: (*line).oneInt}

// argOptionSet is the value that setsockopt(2) was given. One of a wrong length is
// not looked at.
func argOptionSet(l *line, i int) {
	a := l.arg(i)
	v := valueOf(l.word(1), l.word(2), valuesSet[:])
	switch {
	case a.In == nil, v != nil && !v.fits(len(a.In)):
		l.pointer(a.Word)
	case v != nil:
		v.show(l, a.In)
	case len(a.In) == 4:
		l.oneInt(a.In)
	default:
		l.bytes(a.In)
	}
}

// argOptionGot is the value that getsockopt(2) filled. Part of a number is shown as
// bytes.
func argOptionGot(l *line, i int) {
	a := l.arg(i)
	v := valueOf(l.word(1), l.word(2), valuesGot[:])
	switch {
	case len(a.Out) == 0:
		l.pointer(a.Word)
	case v != nil && !v.fits(len(a.Out)):
		l.hexed(a.Out)
	case v != nil:
		v.show(l, a.Out)
	case len(a.Out) == 4:
		l.oneInt(a.Out)
	default:
		l.bytes(a.Out)
	}
}

func (l *line) oneInt(b []byte) { l.brackets(int64(int32At(b))) }

// fields is a struct of numbers of 32 bits, as far as b goes.
func (l *line) fields(b []byte, show func(l *line, v int32), names ...string) {
	l.str("{")
	for i, name := range names {
		if 4*i >= len(b) {
			break
		}
		l.field(name)
		if rest := b[4*i:]; len(rest) < 4 {
			l.hexed(rest)
		} else {
			show(l, int32At(rest))
		}
	}
	l.str("}")
}

func (l *line) int32(v int32) { l.int(int64(v)) }

func (l *line) linger(b []byte) { l.fields(b, (*line).int32, "l_onoff", "l_linger") }
