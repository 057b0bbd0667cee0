package buf

// Input is the contiguous input of a connection that its handler has not consumed
// yet. The zero value is empty and owns no memory. The same pool must be passed every
// time.
//
// A turn that has kept input receives behind it and offers both at once:
//
//	n := recv(fd, in.Space(p, 1))
//	in.Grow(n)
//	in.Consume(p, handler(in.Bytes()))
type Input struct {
	block []byte // block[off:len] is the input, block[len:cap] is free
	off   int
}

// Len returns the number of bytes that were not consumed.
func (in *Input) Len() int { return len(in.block) - in.off }

// Bytes returns the input. It is valid until the next call of any other method but
// Len, and Space does not promise to leave it where it is.
func (in *Input) Bytes() []byte { return in.block[in.off:len(in.block):len(in.block)] }

// Keep copies b behind the input; the caller keeps b, which must not be a part of
// this Input.
func (in *Input) Keep(p *Pool, b []byte) {
	if len(b) > 0 {
		in.Grow(copy(in.Space(p, len(b)), b))
	}
}

// Space returns the free bytes behind the input, at least atLeast and never none,
// since a recv into an empty buffer returns 0 and looks like the end of the stream.
// It is valid until the next call of another method. An Input that is empty holds
// memory after Space; Consume(p, 0) gives it back.
func (in *Input) Space(p *Pool, atLeast int) []byte {
	atLeast = max(atLeast, 1)
	if cap(in.block)-len(in.block) < atLeast {
		in.move(p, atLeast)
	}
	return in.block[len(in.block):cap(in.block)]
}

// Grow adds the first n bytes of Space to the input. It panics if n is negative or
// exceeds the length of Space.
func (in *Input) Grow(n int) {
	if n < 0 || n > cap(in.block)-len(in.block) {
		panic("buf: Input.Grow out of range")
	}
	in.block = in.block[:len(in.block)+n]
}

// Consume drops the first n bytes. Memory goes back to p when nothing is left, and
// the rest moves to a smaller block when it fills no eighth of this one, so that a peer
// that stops within a message does not hold the room of a long one. It panics if n is
// negative or exceeds Len.
func (in *Input) Consume(p *Pool, n int) {
	if n < 0 || n > in.Len() {
		panic("buf: Input.Consume out of range")
	}
	in.off += n
	switch left := in.Len(); {
	case left == 0:
		in.Reset(p)
	case cap(in.block) > MinBlock && left <= cap(in.block)/8:
		in.move(p, 0)
	}
}

// Reset drops the input and gives its memory back to p.
func (in *Input) Reset(p *Pool) {
	if in.block != nil {
		p.Put(in.block)
		*in = Input{}
	}
}

// move brings the input to the front of a block with room for atLeast bytes more, and
// behind them for as many as it moves: before it moves them again for want of room, as
// many have come in.
func (in *Input) move(p *Pool, atLeast int) {
	kept := in.Bytes()
	block := p.Get(2*len(kept) + atLeast)
	block = block[:copy(block, kept)]
	p.Put(in.block)
	in.block, in.off = block, 0
}
