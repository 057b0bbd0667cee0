package buf

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// maxModel bounds what a model holds in one place.
const maxModel = 3 * maxChunk

// model is two queues and an input on one pool, beside what they should hold.
type model struct {
	t     *testing.T
	p     Pool
	q     [2]Queue
	in    Input
	wantQ [2][]byte
	want  []byte
	at    int // in the pattern
}

func (m *model) next(n int) []byte {
	m.at += n
	return pattern(m.at-n, n)
}

func (m *model) check() {
	checkPool(m.t, &m.p)
	for i := range m.q {
		q, want := &m.q[i], m.wantQ[i]
		if q.Len() != len(want) || !q.holds(want) || !bytes.HasPrefix(want, q.Front()) ||
			(q.Len() > 0) != (len(q.Front()) > 0) || (q.Len() > 0) != (q.head != nil) {
			m.t.Fatalf("queue %d differs, Len %d of %d", i, q.Len(), len(want))
		}
	}
	if m.in.Len() != len(m.want) || !bytes.Equal(m.in.Bytes(), m.want) {
		m.t.Fatalf("input differs, Len %d of %d", m.in.Len(), len(m.want))
	}
}

func (m *model) queueOp(op, i, n int) {
	q, want := &m.q[i], &m.wantQ[i]
	switch op {
	case 0:
		if q.Len() < maxModel {
			b := m.next(n)
			q.Append(&m.p, b)
			*want = append(*want, b...)
		}
	case 1:
		n = min(n, q.Len())
		q.Advance(&m.p, n)
		*want = (*want)[n:]
	case 2:
		q.Reset(&m.p)
		*want = nil
	}
}

func (m *model) inputOp(op, n int) {
	switch op {
	case 3:
		b := m.next(min(n, maxModel-len(m.want)))
		m.in.Keep(&m.p, b)
		m.want = append(m.want, b...)
	case 4:
		space := m.in.Space(&m.p, n)
		if len(space) < n {
			m.t.Fatalf("Space(%d) has %d bytes", n, len(space))
		}
		b := m.next(min(n, maxModel-len(m.want)))
		m.in.Grow(copy(space, b))
		m.want = append(m.want, b...)
	case 5, 6:
		n = min(n, m.in.Len())
		m.in.Consume(&m.p, n)
		m.want = m.want[n:]
		if m.in.Len() == 0 && m.in.block != nil {
			m.t.Fatal("an empty Input holds memory")
		}
	case 7:
		m.in.Reset(&m.p)
		m.want = nil
	}
}

// run reads three bytes an operation: which, and a size on a logarithmic scale.
func run(t *testing.T, ops []byte) {
	m := &model{t: t}
	for ; len(ops) >= 3; ops = ops[3:] {
		op, i := int(ops[0]%8), int(ops[0]>>7)
		n := 1<<(ops[1]%17) - 1 + int(ops[2]%8)
		if op < 3 {
			m.queueOp(op, i, n)
		} else {
			m.inputOp(op, n)
		}
		m.check()
	}
	checkDistinct(m.t, &m.p)
}

func FuzzBuffers(f *testing.F) {
	f.Add([]byte{0, 11, 1, 0, 17, 3, 1, 10, 0, 128, 5, 5, 1, 17, 7, 2, 0, 0})
	f.Add([]byte{3, 11, 0, 4, 10, 0, 5, 9, 1, 4, 15, 2, 6, 15, 0, 5, 17, 0})
	f.Add([]byte{4, 17, 0, 0, 17, 0, 7, 0, 0, 1, 17, 7, 128, 16, 0, 3, 1, 1})
	f.Fuzz(run)
}

func TestRandomOperations(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		ops := make([]byte, 3*(1+r.IntN(60)))
		limit := byte(2 + r.IntN(16)) // of the sizes: most sequences stay small
		for i := range ops {
			ops[i] = byte(r.Uint32())
			if i%3 == 1 {
				ops[i] %= limit
			}
			if i%3 == 0 && (ops[i]%8 == 2 || ops[i]%8 == 7) && r.IntN(4) > 0 {
				ops[i]-- // fewer resets
			}
		}
		run(t, ops)
	}
}
