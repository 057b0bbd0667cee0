package buf

// maxNodes bounds the free chunk headers that a pool keeps: as many as MaxKept bytes
// of the smallest blocks can need.
const maxNodes = MaxKept / MinBlock

// nodeList keeps the headers of chunks whose block went back to the pool.
type nodeList struct {
	free *chunk
	n    int
}

func (l *nodeList) get() *chunk {
	c := l.free
	if c == nil {
		return new(chunk)
	}
	l.free = c.next
	l.n--
	c.next = nil
	return c
}

func (l *nodeList) put(c *chunk) {
	*c = chunk{}
	if l.n < maxNodes {
		c.next = l.free
		l.free = c
		l.n++
	}
}
