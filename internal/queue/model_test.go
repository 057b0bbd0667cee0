package queue

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

const modelItems, modelBytes = 40, 500

// model is the queue as two plain slices.
type model struct {
	t            *testing.T
	q            *Queue[int]
	in, out      [][]byte // what waits; the batch that is being run
	left         int      // items of out that were not run
	pushed, runs int
	closed       bool
}

func (m *model) push(size int) {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(m.pushed + i)
	}
	var want error
	used := size
	for _, d := range slices.Concat(m.in, m.out) {
		used += len(d)
	}
	switch {
	case m.closed:
		want = ErrClosed
	case len(m.in)+len(m.out) >= modelItems || used > modelBytes:
		want = ErrFull
	}
	wake, err := m.q.Push(m.pushed, data)
	if !errors.Is(err, want) || wake != (want == nil && len(m.in) == 0) {
		m.t.Fatalf("Push = %v, %v; want error %v, %d waiting", wake, err, want, len(m.in))
	}
	if err == nil {
		m.pushed++
		m.in = append(m.in, data)
	}
}

// drain runs a batch; the item after panicAfter others panics and each pushes size bytes
// if size is positive.
func (m *model) drain(panicAfter, size int) {
	if m.left == 0 {
		m.in, m.out, m.left = nil, m.in, len(m.in)
	}
	n, want := 0, m.left
	panicked := func() (panicked bool) {
		defer func() { panicked = recover() != nil }()
		if got := m.q.Drain(func(v int, data []byte) {
			if v != m.runs || m.left == 0 || !slices.Equal(data, m.out[len(m.out)-m.left]) {
				m.t.Errorf("ran %d with %x, want %d of %d left", v, data, m.runs, m.left)
			}
			m.runs++
			m.left--
			if size > 0 {
				m.push(size)
			}
			if n++; n > panicAfter {
				panic("run")
			}
		}); got != want {
			m.t.Errorf("Drain = %d, want %d", got, want)
		}
		return false
	}()
	if panicked != (want > panicAfter) || !panicked && m.left != 0 {
		m.t.Fatalf("panicked %v after %d of %d, %d left", panicked, n, want, m.left)
	}
	if !panicked {
		m.out = nil
	}
}

// run reads two bytes an operation.
func run(t *testing.T, ops []byte) {
	m := &model{t: t, q: New[int](modelItems, modelBytes)}
	for ; len(ops) >= 2 && !t.Failed(); ops = ops[2:] {
		arg := int(ops[1])
		switch ops[0] % 16 {
		default:
			m.push(arg % 64)
		case 0:
			m.push(arg * 3)
		case 1, 2:
			m.drain(1<<30, 0)
		case 3:
			m.drain(arg%modelItems, 0)
		case 4:
			m.drain(1<<30, arg%64)
		case 5:
			if arg == 0 {
				m.closed = true
				if left := m.q.Close(); left != len(m.in)+len(m.out) {
					t.Fatalf("Close = %d, want %d", left, len(m.in)+len(m.out))
				}
			}
		}
		if m.q.Len() != len(m.in)+len(m.out) {
			t.Fatalf("Len = %d, want %d and %d", m.q.Len(), len(m.in), len(m.out))
		}
	}
}

func FuzzQueue(f *testing.F) {
	f.Add([]byte{6, 10, 6, 20, 1, 0, 6, 30, 1, 0})
	f.Add([]byte{6, 1, 6, 2, 6, 3, 3, 1, 6, 4, 3, 0, 1, 0, 1, 0})
	f.Add([]byte{0, 255, 0, 100, 6, 63, 4, 9, 5, 0, 6, 1, 1, 0})
	f.Fuzz(run)
}

func TestRandomOperations(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		ops := make([]byte, 2*(1+r.IntN(150)))
		for i := range ops {
			ops[i] = byte(r.Uint32())
		}
		run(t, ops)
	}
}
