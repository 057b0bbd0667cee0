package rawsock

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// sockaddrForm is the text of one kind of address as a row: a word, then key=value
// for every field that is not 0, in the order of the fields, which may overlap.
// The key len at the end says how many bytes the address has, where that is not
// size or what a field of varying size makes of it.
type sockaddrForm struct {
	word   string
	family int
	size   int
	tag    byte // what the byte behind the family is before the fields are set
	fields []formField
}

type formField struct {
	key  string
	at   int
	kind formKind
}

// formKind is how the bytes that begin at a field become text, and text becomes
// bytes. The text of a field that is left out is empty.
type formKind interface {
	text(b []byte) string
	parse(b []byte, text string) (size int, err error)
}

const lenKey = "len"

// formText is the text of the first form that says all of sa, if need be with
// the length; empty if none does.
func formText(sa Sockaddr) string {
	for _, length := range []string{"", fmt.Sprintf(" %s=%d", lenKey, sa.Len())} {
		for _, form := range sockaddrForms {
			if form.family != sa.family() {
				continue
			}
			if text := form.text(&sa) + length; parsesTo(text, sa) {
				return text
			}
		}
	}
	return ""
}

func formNamed(word string) *sockaddrForm {
	i := slices.IndexFunc(sockaddrForms[:], func(f sockaddrForm) bool { return f.word == word })
	if i < 0 {
		return nil
	}
	return &sockaddrForms[i]
}

func (f *sockaddrForm) text(sa *Sockaddr) string {
	var b strings.Builder
	b.WriteString(f.word)
	for _, field := range f.fields {
		if value := field.kind.text(sa.raw.Data[field.at:]); value != "" {
			b.WriteString(" " + field.key + "=" + value)
		}
	}
	return b.String()
}

// parse reads what follows the word.
func (f *sockaddrForm) parse(text string) (Sockaddr, error) {
	sa := newSockaddr(f.family, f.size)
	used := sockaddrHeader
	if f.tag != 0 {
		sa.raw.Data[sockaddrHeader] = f.tag
		used++
	}
	for text != "" {
		key, value, rest, ok := cutPair(text)
		if !ok {
			return Sockaddr{}, unix.EINVAL
		}
		text = rest
		if key == lenKey {
			return lengthened(sa, used, value, rest)
		}
		size, err := f.parseField(&sa, key, value)
		if err != nil {
			return Sockaddr{}, err
		}
		used = max(used, size)
	}
	sa.raw.Len = uint32(max(f.size, used))
	return sa, nil
}

// parseField sets the field of that key and returns where it ends.
func (f *sockaddrForm) parseField(sa *Sockaddr, key, value string) (end int, err error) {
	for _, field := range f.fields {
		if field.key == key {
			size, err := field.kind.parse(sa.raw.Data[field.at:], value)
			return field.at + size, err
		}
	}
	return 0, unix.EINVAL
}

// lengthened returns sa with the length that stands at the end of its text, if
// the bytes that are used fit in.
func lengthened(sa Sockaddr, used int, length, rest string) (Sockaddr, error) {
	size, err := strconv.Atoi(length)
	if err != nil || rest != "" || size < used || size > MaxSockaddr {
		return Sockaddr{}, unix.EINVAL
	}
	sa.raw.Len = uint32(size)
	return sa, nil
}

// cutPair cuts key=value from the front of text. A value may be quoted as in Go.
func cutPair(text string) (key, value, rest string, ok bool) {
	key, text, ok = strings.Cut(text, "=")
	if !ok || !strings.HasPrefix(text, `"`) {
		value, rest, _ = strings.Cut(text, " ")
		return key, value, rest, ok && value != ""
	}
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil {
		return "", "", "", false
	}
	value, err = strconv.Unquote(quoted)
	rest = text[len(quoted):]
	if rest != "" {
		rest, ok = strings.CutPrefix(rest, " ")
	}
	return key, value, rest, ok && err == nil
}
