package buf

import (
	"bytes"
	"slices"
	"testing"
	"unsafe"
)

// pattern returns n bytes of an endless sequence, beginning with its byte at.
func pattern(at, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte((at + i) * 7 / 3)
	}
	return b
}

// mustPanic reports an error if f returns.
func mustPanic(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", name)
		}
	}()
	f()
}

// holds reports whether q's vectors are the bytes of want.
func (q *Queue) holds(want []byte) bool {
	for _, v := range q.Vectors(make([][]byte, 0, 200)) {
		if len(v) == 0 || !bytes.HasPrefix(want, v) {
			return false
		}
		want = want[len(v):]
	}
	return len(want) == 0
}

func TestQueueBlocks(t *testing.T) {
	for _, c := range []struct {
		name    string
		appends []int
		want    []int // lengths of the vectors
	}{
		{"nothing", []int{0}, nil},
		{"small ones share a block", []int{1, 2, 3}, []int{6}},
		{"a full block", []int{2048, 1}, []int{2048, 1}},
		{"spill over", []int{2000, 100}, []int{2048, 52}},
		{"one large", []int{5000}, []int{5000}},
		{"larger than a chunk", []int{maxChunk + 10}, []int{maxChunk, 10}},
		{"many small make large blocks", slices.Repeat([]int{1024}, 64),
			[]int{2048, 2048, 4096, 8192, 16384, 32768}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p Pool
			var q Queue
			var want []byte
			for _, n := range c.appends {
				b := pattern(len(want), n)
				q.Append(&p, b)
				want = append(want, b...)
				clear(b) // the queue has copied it
			}
			var got []int
			for _, v := range q.Vectors(make([][]byte, 0, 100)) {
				got = append(got, len(v))
			}
			if !slices.Equal(got, c.want) || q.Len() != len(want) || !q.holds(want) {
				t.Fatalf("vectors %v, want %v; Len %d of %d", got, c.want, q.Len(), len(want))
			}
			q.Reset(&p)
			if q != (Queue{}) {
				t.Fatal("not empty after Reset")
			}
		})
	}
}

func TestVectorsFillTheCapacity(t *testing.T) {
	var p Pool
	var q Queue
	q.Append(&p, pattern(0, 5*maxChunk))
	for room := range 7 {
		own := []byte("head")
		dst := append(make([][]byte, 0, 1+room), own)
		got := q.Vectors(dst)
		if len(got) != 1+min(room, 5) || &got[0] != &dst[0] || !bytes.Equal(got[0], own) {
			t.Errorf("room for %d: %d vectors", room, len(got)-1)
		}
	}
	if v := q.Vectors(nil); v != nil {
		t.Errorf("Vectors(nil) = %d vectors", len(v))
	}
}

func TestAdvanceGivesBlocksBackEarly(t *testing.T) {
	var p Pool
	var q Queue
	q.Append(&p, pattern(0, 4*maxChunk))
	for i := range 4 {
		q.Advance(&p, maxChunk-1)
		if p.kept != i*maxChunk {
			t.Fatalf("%d bytes free before block %d was sent", p.kept, i)
		}
		q.Advance(&p, 1)
		if p.kept != (i+1)*maxChunk {
			t.Fatalf("%d bytes free after block %d was sent", p.kept, i)
		}
	}
}

func TestQueueAdvancePanics(t *testing.T) {
	var p Pool
	var q Queue
	q.Append(&p, []byte("abc"))
	mustPanic(t, "too many", func() { q.Advance(&p, 4) })
	mustPanic(t, "negative", func() { q.Advance(&p, -1) })
	if q.Len() != 3 || string(q.Front()) != "abc" {
		t.Error("a refused Advance changed the queue")
	}
}

func TestQueueDoesNotAllocate(t *testing.T) {
	var p Pool
	var q Queue
	b, dst := pattern(0, 100_000), make([][]byte, 0, 16)
	if n := testing.AllocsPerRun(1000, func() {
		q.Append(&p, b)
		q.Append(&p, b[:10])
		for q.Len() > 0 {
			q.Advance(&p, len(q.Vectors(dst)[0])/2+1)
		}
	}); n != 0 {
		t.Errorf("%v allocations a run", n)
	}
}

func TestIdleSizes(t *testing.T) {
	word := unsafe.Sizeof(uintptr(0))
	if n := unsafe.Sizeof(Queue{}); n > 4*word {
		t.Errorf("an empty Queue takes %d bytes", n)
	}
	if n := unsafe.Sizeof(Input{}); n > 4*word {
		t.Errorf("an empty Input takes %d bytes", n)
	}
}

func TestNodeListIsBounded(t *testing.T) {
	var p Pool
	for range maxNodes + 10 {
		p.nodes.put(&chunk{block: make([]byte, 1)})
	}
	checkPool(t, &p)
	if p.nodes.n != maxNodes {
		t.Errorf("kept %d nodes", p.nodes.n)
	}
}
