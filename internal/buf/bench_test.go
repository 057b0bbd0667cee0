package buf

import "testing"

func BenchmarkGetPut(b *testing.B) {
	var p Pool
	for b.Loop() {
		p.Put(p.Get(4096))
	}
}

func BenchmarkAppendAdvance(b *testing.B) {
	var p Pool
	var q Queue
	data := make([]byte, 64)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		q.Append(&p, data)
		q.Advance(&p, len(q.Front()))
	}
}

func BenchmarkQueueMegabyte(b *testing.B) {
	var p Pool
	var q Queue
	data, dst := make([]byte, 1<<20), make([][]byte, 0, 64)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		q.Append(&p, data)
		q.Vectors(dst)
		q.Advance(&p, q.Len())
	}
}

// BenchmarkPartialFrame keeps the rest of a frame, completes and consumes it.
func BenchmarkPartialFrame(b *testing.B) {
	var p Pool
	var in Input
	rest := make([]byte, 40)
	for b.Loop() {
		in.Keep(&p, rest)
		in.Space(&p, 24)
		in.Grow(24)
		in.Consume(&p, in.Len())
	}
}
