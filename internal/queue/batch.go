package queue

// What a batch may keep for the next one. More than that was a burst, and its memory
// goes to the garbage collector.
const (
	keptItems = 16 << 10
	keptBytes = 1 << 20
)

// batch is a run of items whose data lie one after another in one arena.
type batch[T any] struct {
	items []item[T]
	arena []byte
}

type item[T any] struct {
	v        T
	off, end int // its data in the arena
}

func (b *batch[T]) add(v T, data []byte) {
	off := len(b.arena)
	b.arena = append(b.arena, data...)
	b.items = append(b.items, item[T]{v, off, len(b.arena)})
}

// data returns the data of it, with no room behind that an append could overwrite.
func (b *batch[T]) data(it item[T]) []byte { return b.arena[it.off:it.end:it.end] }

// reset empties the batch. It clears the items, so that nothing they refer to is kept
// alive.
func (b *batch[T]) reset() {
	clear(b.items)
	b.items, b.arena = b.items[:0], b.arena[:0]
	if cap(b.items) > keptItems {
		b.items = nil
	}
	if cap(b.arena) > keptBytes {
		b.arena = nil
	}
}
