package main

// damage counts the bytes that did not come back as they were sent.
type damage struct {
	Lost       int64 `json:"lost"`       // sent, never returned
	Wrong      int64 `json:"wrong"`      // returned with another value, or in place of another connection's
	Duplicated int64 `json:"duplicated"` // returned once more
}

func (d *damage) add(e damage) {
	d.Lost += e.Lost
	d.Wrong += e.Wrong
	d.Duplicated += e.Duplicated
}

func (d *damage) total() int64 { return d.Lost + d.Wrong + d.Duplicated }

// checker compares what one connection receives with what it sent. Bytes that match cost one comparison of words and no memory; what
// does not match is sorted by where its words come from.
type checker struct {
	conn   int
	conns  int   // how many connections there are: none else is a possible origin
	next   int64 // offset of the byte that has to come next
	damage damage
	held   []byte // bytes that do not match, too few yet to say why
	stray  stray
}

// stray is a run of bytes that belong elsewhere, and may go on.
type stray struct {
	on     bool
	conn   int
	offset int64 // of the byte that would continue it
}

// decisive is how many bytes tell where they belong: a whole word however it is shifted, and the seven before it.
const decisive = 15

// take checks input of a connection that has sent the stream up to sent. It reports whether all of it matched.
func (k *checker) take(in []byte, sent int64) bool {
	if len(k.held) == 0 && !k.stray.on {
		if n := k.matching(in, sent); n == len(in) {
			k.next += int64(n)
			return true
		}
	}
	in = append(k.held, in...)
	k.held = append([]byte(nil), k.sort(in, sent, false)...)
	return false
}

// progress is how far the peer has answered, whether rightly or not.
func (k *checker) progress(sent int64) int64 { return min(k.next+int64(len(k.held)), sent) }

// finish sorts what was held back and counts what never came.
func (k *checker) finish(sent int64) {
	k.sort(k.held, sent, true)
	k.held = nil
	k.damage.Lost += sent - k.next
	k.next = sent
}

// sort consumes in run by run and returns what it cannot judge before more has come; last says that no more will.
func (k *checker) sort(in []byte, sent int64, last bool) []byte {
	for len(in) > 0 {
		n := k.matching(in, sent)
		if (n == 0 || k.stray.on) && len(in) < decisive && !last {
			return in
		}
		switch m := k.straying(in); {
		case m > n:
			n = k.count(m, sent)
		case n > 0:
			k.next += int64(n)
			k.stray.on = false
		default:
			n = k.judge(in, sent)
		}
		in = in[n:]
	}
	return nil
}

// matching is how many bytes continue the stream where it stands.
func (k *checker) matching(in []byte, sent int64) int {
	return match(in[:min(int64(len(in)), sent-k.next)], k.conn, k.next)
}

// straying is how many bytes continue a run that belongs elsewhere.
func (k *checker) straying(in []byte) int {
	if !k.stray.on {
		return 0
	}
	return match(in, k.stray.conn, k.stray.offset)
}

// judge decides about the first byte of in, which is not the one that should come, and about the run it begins. It returns the length
// of that run, which is 0 where bytes before it were lost.
func (k *checker) judge(in []byte, sent int64) int {
	k.stray.on = false
	if n := k.damaged(in, sent); n > 0 {
		k.wrong(n, sent)
		return n
	}
	conn, offset, ok := k.find(in)
	switch {
	case !ok || conn == k.conn && offset >= sent:
		k.wrong(1, sent)
		return 1
	case conn == k.conn && offset > k.next:
		k.damage.Lost += offset - k.next
		k.next = offset
		return 0
	}
	k.stray = stray{true, conn, offset}
	return k.count(match(in, conn, offset), sent)
}

// count takes n bytes of the stray run: of this connection they have been here before, of another they are in place of those that
// should have come.
func (k *checker) count(n int, sent int64) int {
	if k.stray.conn == k.conn {
		n = int(min(int64(n), k.next-k.stray.offset))
		k.damage.Duplicated += int64(n)
		k.stray.offset += int64(n)
		k.stray.on = k.stray.offset < k.next
		return n
	}
	k.stray.offset += int64(n)
	k.wrong(n, sent)
	return n
}

// wrong counts n bytes that are not what should have come in their place.
func (k *checker) wrong(n int, sent int64) {
	k.damage.Wrong += int64(n)
	k.next = min(k.next+int64(n), sent)
}

// damaged is how many bytes are wrong in their place, after which the stream goes on as it should; 0 if it does not.
func (k *checker) damaged(in []byte, sent int64) int {
	const farthest = 64
	for n := 1; n <= farthest && n+8 <= len(in) && k.next+int64(n)+8 <= sent; n++ {
		if match(in[n:n+8], k.conn, k.next+int64(n)) == 8 {
			return n
		}
	}
	return 0
}

// find looks for the stream and the offset that in begins with: a word in one of the eight positions names them, and the bytes before
// it must agree.
func (k *checker) find(in []byte) (conn int, offset int64, ok bool) {
	for shift := range 8 {
		if len(in) < shift+8 {
			break
		}
		conn, offset = origin(in[shift:])
		offset -= int64(shift)
		if offset >= 0 && conn < k.conns && match(in[:shift+8], conn, offset) == shift+8 {
			return conn, offset, true
		}
	}
	return 0, 0, false
}
