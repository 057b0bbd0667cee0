package buf

// maxChunk is the largest block in a Queue. What was sent goes back to the pool a
// block at a time, so a long queue shrinks while it is being sent.
const maxChunk = 64 << 10

// Queue is a first-in, first-out queue of bytes, the output that a connection's
// kernel buffer had no room for. It holds its bytes in a chain of the pool's blocks;
// the zero value is empty and owns no memory. The same pool must be passed every time.
type Queue struct {
	head, tail *chunk
	len        int
}

// chunk is one block of a Queue; block[r:w] waits to be sent.
type chunk struct {
	next  *chunk
	block []byte
	r, w  int
}

// Len returns the number of bytes in the queue.
func (q *Queue) Len() int { return q.len }

// Append copies b to the end of the queue; the caller keeps b.
func (q *Queue) Append(p *Pool, b []byte) {
	for len(b) > 0 {
		if q.tail == nil || q.tail.w == len(q.tail.block) {
			q.addChunk(p, len(b))
		}
		n := copy(q.tail.block[q.tail.w:], b)
		q.tail.w += n
		q.len += n
		b = b[n:]
	}
}

// addChunk adds an empty chunk for n bytes. Asking for as much as is queued already
// makes a queue that is fed in small pieces a short chain.
func (q *Queue) addChunk(p *Pool, n int) {
	c := p.nodes.get()
	c.block = p.Get(min(max(n, q.len), maxChunk))
	if q.tail == nil {
		q.head = c
	} else {
		q.tail.next = c
	}
	q.tail = c
}

// Front returns the first bytes of the queue that are contiguous, nil when it is
// empty. They are the queue's and valid until the next Advance or Reset.
func (q *Queue) Front() []byte {
	if q.head == nil {
		return nil
	}
	return q.head.block[q.head.r:q.head.w]
}

// Vectors appends the first bytes of the queue to dst, one slice a block, as far as
// dst's capacity reaches, and returns dst. It does not allocate. The slices are the
// queue's and valid until the next Advance or Reset.
func (q *Queue) Vectors(dst [][]byte) [][]byte {
	for c := q.head; c != nil && len(dst) < cap(dst); c = c.next {
		dst = append(dst, c.block[c.r:c.w])
	}
	return dst
}

// Advance drops the first n bytes, which the kernel has taken, and gives blocks that
// became empty back to p. It panics if n is negative or exceeds Len.
func (q *Queue) Advance(p *Pool, n int) {
	if n < 0 || n > q.len {
		panic("buf: Queue.Advance out of range")
	}
	q.len -= n
	for q.head != nil {
		c := q.head
		took := min(n, c.w-c.r)
		c.r += took
		n -= took
		if c.r < c.w {
			return
		}
		q.head = c.next
		p.Put(c.block)
		p.nodes.put(c)
	}
	q.tail = nil
}

// Reset empties the queue and gives all of its memory back to p.
func (q *Queue) Reset(p *Pool) { q.Advance(p, q.len) }
