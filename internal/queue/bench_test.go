package queue

import "testing"

func BenchmarkPushDrain(b *testing.B) {
	const batch = 64
	q := New[int](batch, 1<<20)
	data := make([]byte, 64)
	run := func(int, []byte) {}
	for b.Loop() {
		for i := range batch {
			_, _ = q.Push(i, data)
		}
		q.Drain(run)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/item")
}

func BenchmarkDrainEmpty(b *testing.B) {
	q := New[int](1, 1)
	run := func(int, []byte) {}
	for b.Loop() {
		q.Drain(run)
	}
}
