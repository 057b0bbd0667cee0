// Package buf holds the memory of a loop's connections: a pool of blocks, the
// output that waits for the kernel, and the input that a handler left over.
//
// Nothing here is safe for concurrent use: a loop has one pool, and the pool and
// every queue fed from it belong to the loop's goroutine.
package buf

import "math/bits"

const (
	// MinBlock is the smallest block that a pool gives out.
	MinBlock = 1 << minShift
	// MaxBlock is the largest block that a pool keeps; larger ones are made and
	// left to the garbage collector.
	MaxBlock = 1 << maxShift
	// MaxKept bounds the bytes of free blocks that one pool keeps.
	MaxKept = 4 << 20

	minShift = 11
	maxShift = 20
	classes  = maxShift - minShift + 1
)

// Pool keeps free blocks of memory in one list for each power of two from MinBlock
// to MaxBlock. The zero value is an empty pool.
type Pool struct {
	free  [classes][][]byte
	kept  int // bytes in free
	nodes nodeList
}

// Get returns a block of at least n bytes with len equal to cap: the next power of
// two, or exactly n above MaxBlock. Its contents are whatever its last user left.
// It belongs to the caller until it is handed to Put.
func (p *Pool) Get(n int) []byte {
	if n > MaxBlock {
		return make([]byte, n)
	}
	c := class(n)
	last := len(p.free[c]) - 1
	if last < 0 {
		return make([]byte, MinBlock<<c)
	}
	b := p.free[c][last]
	p.free[c][last] = nil
	p.free[c] = p.free[c][:last]
	p.kept -= len(b)
	return b
}

// Put takes a block back; the caller must not touch it, or any slice of it, again.
// A block that did not come from Get, one that was resliced from the front and one
// that would exceed MaxKept are left to the garbage collector. A small block takes
// the place of larger ones, so that a few large blocks cannot shut out the size that
// is used most.
func (p *Pool) Put(b []byte) {
	size := cap(b)
	if size < MinBlock || size > MaxBlock || size&(size-1) != 0 {
		return
	}
	c := class(size)
	if p.kept+size > MaxKept && !p.evictAbove(c) {
		return
	}
	p.free[c] = append(p.free[c], b[:size])
	p.kept += size
}

// evictAbove drops one free block of a class larger than c.
func (p *Pool) evictAbove(c int) bool {
	for i := classes - 1; i > c; i-- {
		if last := len(p.free[i]) - 1; last >= 0 {
			p.free[i][last] = nil
			p.free[i] = p.free[i][:last]
			p.kept -= MinBlock << i
			return true
		}
	}
	return false
}

// class returns the index of the smallest block that holds n <= MaxBlock bytes.
func class(n int) int {
	if n <= MinBlock {
		return 0
	}
	return bits.Len(uint(n-1)) - minShift
}
