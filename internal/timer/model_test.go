package timer

import (
	"cmp"
	"math"
	"math/rand/v2"
	"testing"
)

// model is the wheel as a plain table: what is armed, when, and since when.
type model struct {
	t     *testing.T
	w     *Wheel
	now   int64
	seq   int
	entry [8]entry
}

// entry is a timer, what the model knows of it, and what its handler does.
type entry struct {
	Timer
	armed, firing bool
	tick          int64 // the tick that it fires in, -1 if it was due when armed
	seq           int   // order of arming

	reaction, target byte
	delta            int64
}

func (m *model) arm(i byte, when int64) {
	e := &m.entry[i%8]
	m.seq++
	e.armed, e.firing, e.seq, e.tick = true, false, m.seq, -1
	if when > m.now {
		e.tick = when / Tick
		if when%Tick != 0 {
			e.tick++
		}
	}
	m.w.Arm(&e.Timer, when)
}

func (m *model) cancel(i byte) {
	e := &m.entry[i%8]
	if got := m.w.Cancel(&e.Timer); got != e.armed {
		m.t.Fatalf("Cancel = %v, armed %v", got, e.armed)
	}
	e.armed, e.firing = false, false
}

// first returns the armed timer that fires first, among those that are firing or all.
func (m *model) first(firing bool) (first *entry) {
	for i := range m.entry {
		e := &m.entry[i]
		if e.armed && (e.firing || !firing) &&
			(first == nil || cmp.Or(cmp.Compare(e.tick, first.tick), e.seq-first.seq) < 0) {
			first = e
		}
	}
	return first
}

func (m *model) advance(now int64) {
	m.now = max(m.now, now)
	for i := range m.entry {
		e := &m.entry[i]
		e.firing = e.armed && e.tick <= m.now/Tick
	}
	m.w.Advance(now)
	if e := m.first(true); e != nil {
		m.t.Fatalf("timer for %d did not fire at %d", e.When(), m.now)
	}
}

// OnTimer checks that it is this timer's turn and lets it react.
func (m *model) OnTimer(t *Timer, now int64) {
	e := m.first(true)
	if e == nil || &e.Timer != t || now != m.now {
		m.t.Fatalf("timer for %d fired at %d (%d), out of turn", t.When(), now, m.now)
	}
	e.armed, e.firing = false, false
	switch e.reaction % 4 {
	case 1:
		m.arm(e.target, m.after(e.delta))
	case 2:
		m.cancel(e.target)
	case 3:
		m.arm(e.target, m.now)
	}
}

// check compares what can be seen from outside.
func (m *model) check() {
	n := 0
	for i := range m.entry {
		e := &m.entry[i]
		if e.Armed() != e.armed {
			m.t.Fatalf("Armed = %v, want %v", e.Armed(), e.armed)
		}
		if e.armed {
			n++
		}
	}
	when, ok := m.w.Next()
	if m.w.Len() != n || ok != (n > 0) || m.w.Now() != m.now {
		m.t.Fatalf("Len %d, Next %v, Now %d; want %d timers at %d", m.w.Len(), ok, m.w.Now(), n, m.now)
	}
	first := m.first(false)
	switch {
	case first == nil:
	case first.tick < 0 && when > m.now:
		m.t.Fatalf("Next = %d with a timer due at %d", when, m.now)
	case first.tick >= 0 && (when <= m.now && m.now < math.MaxInt64 || when/Tick > first.tick):
		m.t.Fatalf("Next = %d at %d, first timer in tick %d", when, m.now, first.tick)
	}
}

// after adds a distance to the time of the model without overflow.
func (m *model) after(d int64) int64 {
	if d > math.MaxInt64-m.now {
		return math.MaxInt64
	}
	return m.now + d
}

// run reads four bytes an operation.
func run(t *testing.T, ops []byte) {
	m := &model{t: t, w: new(Wheel)}
	for i := range m.entry {
		m.entry[i].Handler = m
	}
	for ; len(ops) >= 4; ops = ops[4:] {
		op, i, shift, noise := ops[0], ops[1], ops[2]%64, int64(ops[3])
		delta := int64(1)<<shift - 1 + noise*(Tick/7)
		switch op % 8 {
		case 0, 1:
			m.arm(i, m.after(delta))
		case 2:
			m.arm(i, m.now-delta)
		case 3:
			m.cancel(i)
		case 4:
			m.advance(m.after(delta))
		case 5:
			if when, ok := m.w.Next(); ok {
				m.advance(when)
			}
		case 6:
			m.advance(m.after(noise * Tick))
		case 7:
			e := &m.entry[i%8]
			e.reaction, e.target, e.delta = ops[3], ops[3]>>2, int64(1)<<(shift%40)
		}
		m.check()
	}
}

func FuzzWheel(f *testing.F) {
	f.Add([]byte{0, 1, 20, 3, 4, 0, 21, 0})
	f.Add([]byte{7, 1, 30, 7, 0, 1, 63, 255, 0, 2, 40, 1, 5, 0, 0, 0, 5, 0, 0, 0, 4, 0, 63, 0})
	f.Add([]byte{0, 0, 26, 9, 0, 1, 26, 9, 2, 2, 5, 0, 3, 1, 0, 0, 6, 0, 0, 200, 6, 0, 0, 200})
	f.Fuzz(run)
}

func TestRandomOperations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		ops := make([]byte, 4*(1+r.IntN(100)))
		limit := byte(20 + r.IntN(44)) // of the exponents: most sequences stay near
		for i := range ops {
			ops[i] = byte(r.Uint32())
			if i%4 == 2 {
				ops[i] %= limit
			}
		}
		run(t, ops)
	}
}
