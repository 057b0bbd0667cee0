package buf

import (
	"bytes"
	"testing"
)

// fill receives the next n bytes of the pattern after at, having asked for more room.
func (in *Input) fill(p *Pool, at, n, more int) {
	copy(in.Space(p, n+more), pattern(at, n))
	in.Grow(n)
}

func TestInputSteps(t *testing.T) {
	var p Pool
	var in Input
	for i, c := range []struct {
		fill, consume  int
		wantLen, block int
	}{
		{100, 0, 100, MinBlock},
		{0, 100, 0, 0},                       // empty: gives its memory back
		{2048, 2000, 48, MinBlock},           // short rest, smallest block
		{1900, 0, 1948, MinBlock},            // compacts rather than grows
		{101, 0, 2049, 4096},                 // grows with as much room as it holds
		{30000, 32000, 49, MinBlock},         // shrinks
		{1 << 20, 0, 1<<20 + 49, 1<<20 + 98}, // larger than the pool keeps
		{0, 1<<20 + 49, 0, 0},
	} {
		if c.fill > 0 {
			in.fill(&p, 0, c.fill, 0)
		}
		if c.consume > 0 {
			in.Consume(&p, c.consume)
		}
		if in.Len() != c.wantLen || len(in.Bytes()) != c.wantLen || cap(in.block) != c.block {
			t.Fatalf("step %d: Len %d, block of %d; want %d in %d", i, in.Len(), cap(in.block), c.wantLen, c.block)
		}
		checkPool(t, &p)
	}
}

func TestKeepCopiesBehind(t *testing.T) {
	var p Pool
	var in Input
	in.Keep(&p, nil)
	if in.block != nil {
		t.Error("Keep of nothing takes memory")
	}
	b := []byte("one")
	in.Keep(&p, b)
	copy(b, "XXX")
	in.Keep(&p, []byte(" two"))
	in.Consume(&p, 2)
	if string(in.Bytes()) != "e two" {
		t.Errorf("Bytes = %q", in.Bytes())
	}
	if _ = append(in.Bytes(), "overwrites"...); cap(in.Bytes()) != in.Len() {
		t.Error("Bytes has room behind")
	}
}

func TestSpaceIsNeverEmpty(t *testing.T) {
	var p Pool
	var in Input
	for range 10 {
		for _, n := range []int{0, -1, 1} {
			if len(in.Space(&p, n)) == 0 {
				t.Fatalf("Space(%d) is empty with %d bytes kept", n, in.Len())
			}
		}
		in.Grow(len(in.Space(&p, 1)))
	}
}

func TestUnfilledSpaceIsGivenBack(t *testing.T) {
	var p Pool
	var in Input
	in.Space(&p, 1)
	in.Consume(&p, 0)
	if in.block != nil || p.kept != MinBlock {
		t.Errorf("holds %d bytes, %d free", cap(in.block), p.kept)
	}
	in.Reset(&p)
	if p.kept != MinBlock {
		t.Error("Reset of an empty Input gave memory back twice")
	}
}

func TestSmallRestStaysInTheSmallestBlock(t *testing.T) {
	var p Pool
	var in Input
	in.fill(&p, 0, 100, 0)
	block := &in.block[0]
	in.Consume(&p, 99)
	if &in.block[0] != block || p.kept != 0 {
		t.Error("moved to a block that is no smaller")
	}
}

func TestInputPanics(t *testing.T) {
	var p Pool
	var in Input
	mustPanic(t, "Grow without Space", func() { in.Grow(1) })
	in.Keep(&p, []byte("abc"))
	mustPanic(t, "Grow beyond Space", func() { in.Grow(len(in.Space(&p, 1)) + 1) })
	mustPanic(t, "Grow negative", func() { in.Grow(-1) })
	mustPanic(t, "Consume too many", func() { in.Consume(&p, 4) })
	mustPanic(t, "Consume negative", func() { in.Consume(&p, -1) })
	if string(in.Bytes()) != "abc" {
		t.Error("a refused call changed the input")
	}
}

// A handler that consumes a byte at a time of a long input must not cost a move of all
// of it each time.
func TestBytesMoveABoundedNumberOfTimes(t *testing.T) {
	for _, kept := range []int{1, 1000, 2048, 3000, 4096, 65535, 100_000} {
		for _, step := range []int{1, 700, 5000} {
			var p Pool
			var in Input
			in.fill(&p, 0, kept, 0)
			moved, fed := 0, kept
			for range 300_000 / step {
				block, off := &in.block[0], in.off
				in.fill(&p, fed, step, min(kept, 4096))
				if &in.block[0] != block || in.off < off {
					moved += in.Len() - step
				}
				fed += step
				in.Consume(&p, step)
			}
			if want := pattern(fed-kept, kept); !bytes.Equal(in.Bytes(), want) {
				t.Fatalf("%d kept, step %d: content differs", kept, step)
			}
			if moved > 2*fed {
				t.Errorf("%d kept, step %d: moved %d bytes for %d", kept, step, moved, fed)
			}
			if limit := max(MinBlock, 8*(kept+step)); cap(in.block) > limit {
				t.Errorf("%d kept, step %d: block of %d", kept, step, cap(in.block))
			}
		}
	}
}

func TestInputDoesNotAllocate(t *testing.T) {
	var p Pool
	var in Input
	b := pattern(0, 3000)
	if n := testing.AllocsPerRun(1000, func() {
		in.Keep(&p, b)
		for size := 1; size < 100_000; size *= 2 { // grows, compacts and shrinks
			in.Grow(len(in.Space(&p, size)))
			in.Consume(&p, in.Len()/2)
			in.Consume(&p, in.Len()-1)
		}
		in.Consume(&p, in.Len())
	}); n != 0 {
		t.Errorf("%v allocations a run", n)
	}
}
