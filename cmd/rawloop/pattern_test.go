package main

import (
	"bytes"
	"testing"
)

func TestFillAndMatchAgreeByteForByte(t *testing.T) {
	const c = 199
	want := make([]byte, 300)
	for i := range want {
		want[i] = patternByte(c, int64(i))
	}
	for from := range 20 {
		for n := range 40 {
			got := make([]byte, n)
			fill(got, c, int64(from))
			if !bytes.Equal(got, want[from:from+n]) {
				t.Fatalf("fill of %d bytes at %d = %x, want %x", n, from, got, want[from:from+n])
			}
			if m := match(got, c, int64(from)); m != n {
				t.Fatalf("match of %d right bytes at %d = %d", n, from, m)
			}
			for i := range got {
				got[i] ^= 0x10
				if m := match(got, c, int64(from)); m != i {
					t.Fatalf("match with byte %d of %d wrong = %d", i, n, m)
				}
				got[i] ^= 0x10
			}
		}
	}
}

func TestOriginUndoesThePattern(t *testing.T) {
	for _, c := range []int{0, 1, 199, maxPatterns - 1} {
		for _, o := range []int64{0, 8, 4096, 1 << 35} {
			b := make([]byte, 8)
			fill(b, c, o)
			if gotC, gotO := origin(b); gotC != c || gotO != o {
				t.Errorf("origin of connection %d, offset %d = %d, %d", c, o, gotC, gotO)
			}
		}
	}
}

// echoed is a stream that a server has spoilt, with what the checker has to find.
type echoed struct {
	name  string
	spoil func(b []byte) []byte // of the 4096 bytes that connection 3 sent
	want  damage
}

func other(c int, o, n int64) []byte {
	b := make([]byte, n)
	fill(b, c, o)
	return b
}

var spoilt = []echoed{
	{"nothing", func(b []byte) []byte { return b }, damage{}},
	{"a byte changed", func(b []byte) []byte { b[1000] ^= 1; return b }, damage{Wrong: 1}},
	{"the first byte changed", func(b []byte) []byte { b[0] ^= 1; return b }, damage{Wrong: 1}},
	{"the last byte changed", func(b []byte) []byte { b[4095] ^= 1; return b }, damage{Wrong: 1}},
	{"forty bytes zeroed", func(b []byte) []byte { clear(b[500:540]); return b }, damage{Wrong: 40}},
	{"a byte lost", func(b []byte) []byte { return append(b[:777], b[778:]...) }, damage{Lost: 1}},
	{"a message lost", func(b []byte) []byte { return append(b[:640], b[704:]...) }, damage{Lost: 64}},
	{"the first bytes lost", func(b []byte) []byte { return b[5:] }, damage{Lost: 5}},
	{"the last bytes lost", func(b []byte) []byte { return b[:4000] }, damage{Lost: 96}},
	{"everything lost", func([]byte) []byte { return nil }, damage{Lost: 4096}},
	{"a message twice", func(b []byte) []byte { return append(b[:704:704], b[640:]...) }, damage{Duplicated: 64}},
	{"everything twice", func(b []byte) []byte { return append(b, b...) }, damage{Duplicated: 4096}},
	{"a byte put in", func(b []byte) []byte { return append(append(b[:100:100], ^b[100]), b[100:]...) }, damage{Wrong: 1, Duplicated: 1}},
	{"another connection's bytes in place", func(b []byte) []byte { copy(b[64:], other(7, 64, 64)); return b }, damage{Wrong: 64}},
	{"two messages swapped", func(b []byte) []byte {
		return append(append(append(b[:64:64], b[128:192]...), b[64:128]...), b[192:]...)
	}, damage{Lost: 64, Duplicated: 64}},
}

func TestCheckerNamesTheDamage(t *testing.T) {
	for _, tc := range spoilt {
		for _, piece := range []int{1, 7, 64, 1000, 10000} {
			k := checker{conn: 3, conns: 10}
			const sent = 4096
			for in := tc.spoil(other(3, 0, sent)); len(in) > 0; {
				n := min(piece, len(in))
				k.take(in[:n], sent)
				in = in[n:]
			}
			k.finish(sent)
			if k.damage != tc.want {
				t.Errorf("%s, in pieces of %d: %+v, want %+v", tc.name, piece, k.damage, tc.want)
			}
		}
	}
}

func TestCheckerDoesNotAllocate(t *testing.T) {
	k := checker{conn: 3, conns: 10}
	b := make([]byte, 64)
	if n := testing.AllocsPerRun(100, func() {
		fill(b, 3, k.next)
		if !k.take(b, k.next+64) {
			t.Fatal("a right answer did not match")
		}
	}); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}

func FuzzChecker(f *testing.F) {
	f.Add([]byte("\x03abc"), uint8(3))
	f.Fuzz(func(t *testing.T, in []byte, piece uint8) {
		k := checker{conn: 1, conns: 3}
		const sent = 100
		got := int64(len(in))
		right := match(in[:min(len(in), sent)], 1, 0) == len(in) && len(in) == sent
		for rest := in; len(rest) > 0; {
			n := min(int(piece)+1, len(rest))
			k.take(rest[:n], sent)
			rest = rest[n:]
		}
		k.finish(sent)
		d := k.damage
		if d.Lost < 0 || d.Wrong < 0 || d.Duplicated < 0 || d.Wrong+d.Duplicated > got || d.Lost > sent {
			t.Errorf("%d bytes for %d: %+v", got, sent, d)
		}
		if right != (d.total() == 0) {
			t.Errorf("%d bytes for %d: %+v, right is %v", got, sent, d, right)
		}
	})
}
