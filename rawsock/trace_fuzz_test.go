package rawsock_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/rawsock"
)

// reader takes a record apart from the bytes of a fuzz run; where there are no
// more, everything is zero.
type reader []byte

func (r *reader) bytes(n int) []byte {
	n = min(n, len(*r))
	b := (*r)[:n]
	*r = (*r)[n:]
	return slices.Clone(b)
}

func (r *reader) number() int {
	b := append(r.bytes(9), make([]byte, 9)...)
	if b[0] < 128 { // mostly a small one
		return int(b[1]) % 48
	}
	return int(binary.LittleEndian.Uint64(b[1:]))
}

// memory is nil, or what was left of a buffer of any length.
func (r *reader) memory() []byte {
	switch n := r.number(); {
	case n%4 == 0:
		return nil
	default:
		return append([]byte{}, r.bytes(n&0xff)...)
	}
}

func (r *reader) block() sys.Block {
	return sys.Block{Addr: uintptr(r.number()), Size: r.number(), Data: r.memory()}
}

func (r *reader) blocks() (blocks []sys.Block) {
	for range r.number() % 4 {
		blocks = append(blocks, r.block())
	}
	return blocks
}

func (r *reader) arg() sys.Arg {
	a := sys.Arg{Word: uintptr(r.number()), In: r.memory(), Out: r.memory(), Iov: r.blocks()}
	for range r.number() % 3 {
		a.Messages = append(a.Messages, sys.Message{
			Name: r.block(), NameLen: r.number(), Iov: r.blocks(), IovAddr: uintptr(r.number()),
			Control: r.block(), ControlLen: r.number(), Flags: r.number(), Len: r.number(),
		})
	}
	return a
}

// No record, however wrong, makes a line that is not one, or a panic.
func FuzzLineOfACall(f *testing.F) {
	names := slices.Sorted(slices.Values(rawsock.TracedCalls()))
	for i := range names {
		f.Add(byte(i), []byte("\x00\x05\xff\x01\x02\x03"), 0, 0, 32)
	}
	f.Add(byte(slices.Index(names, "setsockopt")), slices.Repeat([]byte{129, 1, 0, 0, 0, 0, 0, 0, 0}, 30), 1, int(unix.EINVAL), 3)
	f.Fuzz(func(t *testing.T, which byte, text []byte, ret, errno, limit int) {
		r := reader(text)
		c := sys.Call{Name: names[int(which)%len(names)], Ret: ret, Errno: unix.Errno(errno)}
		for range r.number() % 8 {
			c.Args = append(c.Args, r.arg())
		}
		line := string(rawsock.CallOf(c).AppendTo(nil, limit%1000))
		if !strings.HasPrefix(line, c.Name+"(") || !strings.Contains(line, ") = ") || strings.ContainsAny(line, "\n\x00") {
			t.Errorf("%q", line)
		}
	})
}
