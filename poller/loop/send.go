package loop

// Send is Write for any goroutine: it copies p and takes all of it or nothing.
// Bytes of one Send stay together; Sends of one goroutine keep their order.
//
// It returns ErrWriteQueueFull or ErrPostQueueFull, and later calls may succeed,
// unless p is longer than Limits.MaxQueued; ErrWriteClosed after Close or
// CloseWrite; ErrClosed after the end. What was accepted before a Close is sent
// before the half-close; only a connection that fails drops it.
func (c Conn) Send(p []byte) error {
	if c.s == nil {
		return ErrClosed
	}
	if len(p) == 0 {
		return nil
	}
	l := c.s.loop
	if err := c.claim(len(p), l.cfg.Limits.MaxQueued); err != nil {
		return err
	}
	if !l.reserve(int64(len(p))) {
		c.unclaim(len(p))
		return ErrWriteQueueFull
	}
	return l.post(message{to: c}, p, func() {
		l.queued.Add(-int64(len(p)))
		c.unclaim(len(p))
		// A half-close may have been waiting for these bytes.
		_ = l.order(func() { l.revisit(c) }) // a loop that has ended has no half-close to do
	})
}

// reserve counts n bytes of a Send as queued, if there is room.
func (l *Loop) reserve(n int64) bool {
	for {
		queued := l.queued.Load()
		if n > int64(l.maxQueuedLoop)-queued {
			return false
		}
		if l.queued.CompareAndSwap(queued, queued+n) {
			return true
		}
	}
}

// claim reserves n bytes of the connection's output. The generation is in the
// same word, so a claim can never fall on another connection.
func (c Conn) claim(n, limit int) error {
	for {
		word := c.s.claim.Load()
		if uint32(word>>32) != c.gen {
			return ErrClosed
		}
		if word&claimClosed != 0 {
			return ErrWriteClosed
		}
		if n > limit-int(word&(claimClosed-1)) {
			return ErrWriteQueueFull
		}
		if c.s.claim.CompareAndSwap(word, word+uint64(n)) {
			return nil
		}
	}
}

// unclaim gives back what a Send reserved and could not post.
func (c Conn) unclaim(n int) {
	for {
		word := c.s.claim.Load()
		if uint32(word>>32) != c.gen || c.s.claim.CompareAndSwap(word, word-uint64(n)) {
			return
		}
	}
}

// revisit has c settled again.
func (l *Loop) revisit(c Conn) {
	if s := c.live(); s != nil {
		l.touch(s)
	}
}

// deliver puts the bytes of a Send, which are claimed already, into the queue.
func (l *Loop) deliver(c Conn, p []byte) {
	s := c.live()
	if s == nil {
		l.queued.Add(-int64(len(p)))
		return
	}
	if s.cause != nil {
		l.queued.Add(-int64(len(p)))
		s.release(len(p))
		l.stats.Unsent += uint64(len(p))
		l.touch(s)
		return
	}
	s.out.Append(&l.pool, p)
	s.flags |= hasOut
	l.pauseAboveHigh(s)
	l.touch(s)
}
