package buf

import (
	"testing"
	"unsafe"
)

func TestGetSizes(t *testing.T) {
	for _, c := range []struct{ n, want int }{
		{-1, MinBlock}, {0, MinBlock}, {1, MinBlock}, {MinBlock, MinBlock},
		{MinBlock + 1, 2 * MinBlock}, {4096, 4096}, {4097, 8192}, {65536, 65536},
		{MaxBlock - 1, MaxBlock}, {MaxBlock, MaxBlock}, {MaxBlock + 1, MaxBlock + 1},
	} {
		p := new(Pool)
		for range 2 { // made, then reused
			b := p.Get(c.n)
			if len(b) != c.want || cap(b) != c.want {
				t.Errorf("Get(%d): len %d, cap %d, want %d", c.n, len(b), cap(b), c.want)
			}
			p.Put(b)
		}
	}
}

func TestPutKeeps(t *testing.T) {
	block := make([]byte, 4*MinBlock)
	for _, c := range []struct {
		name string
		b    []byte
		kept bool
	}{
		{"whole", block, true},
		{"shortened", block[:1], true},
		{"empty", block[:0], true},
		{"resliced from the front", block[1:], false},
		{"not a power of two", make([]byte, 3*MinBlock), false},
		{"too small", make([]byte, MinBlock/2), false},
		{"too large", make([]byte, 2*MaxBlock), false},
		{"nil", nil, false},
	} {
		p := new(Pool)
		p.Put(c.b)
		checkPool(t, p)
		if kept := p.kept != 0; kept != c.kept {
			t.Errorf("%s: kept %v", c.name, kept)
		}
		if c.kept && unsafe.SliceData(p.Get(cap(c.b))) != unsafe.SliceData(c.b) {
			t.Errorf("%s: Get did not return it", c.name)
		}
	}
}

func TestPoolIsBounded(t *testing.T) {
	p := new(Pool)
	for range 2 * MaxKept / MaxBlock {
		p.Put(make([]byte, MaxBlock))
		checkPool(t, p)
	}
	if p.kept != MaxKept {
		t.Fatalf("kept %d of large blocks", p.kept)
	}
	for range 2 * MaxKept / MinBlock {
		p.Put(make([]byte, MinBlock))
		checkPool(t, p)
	}
	if n := len(p.free[0]) * MinBlock; n != MaxKept || p.kept != MaxKept {
		t.Fatalf("kept %d bytes, %d of them in small blocks", p.kept, n)
	}
}

func TestPoolDoesNotAllocate(t *testing.T) {
	p := new(Pool)
	if n := testing.AllocsPerRun(100, func() {
		for n := 1; n <= MaxBlock; n *= 3 {
			a, b := p.Get(n), p.Get(n)
			p.Put(a)
			p.Put(b)
		}
	}); n != 0 {
		t.Errorf("%v allocations a run", n)
	}
}

// checkPool verifies what a pool must always satisfy.
func checkPool(t *testing.T, p *Pool) {
	t.Helper()
	kept := 0
	for c, free := range p.free {
		for _, b := range free {
			if len(b) != MinBlock<<c || cap(b) != len(b) {
				t.Fatalf("class %d holds a block of %d/%d bytes", c, len(b), cap(b))
			}
			kept += len(b)
		}
	}
	if kept != p.kept || kept > MaxKept {
		t.Fatalf("free lists hold %d bytes, %d counted", kept, p.kept)
	}
	nodes := 0
	for c := p.nodes.free; c != nil; c = c.next {
		if c.block != nil {
			t.Fatal("a free node keeps a block alive")
		}
		nodes++
	}
	if nodes != p.nodes.n || nodes > maxNodes {
		t.Fatalf("%d free nodes, %d counted", nodes, p.nodes.n)
	}
}

// checkDistinct verifies that no block is free twice.
func checkDistinct(t *testing.T, p *Pool) {
	t.Helper()
	seen := make(map[*byte]bool)
	for _, free := range p.free {
		for _, b := range free {
			if seen[unsafe.SliceData(b)] {
				t.Fatal("a block is free twice")
			}
			seen[unsafe.SliceData(b)] = true
		}
	}
}
