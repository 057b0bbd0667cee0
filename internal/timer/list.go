package timer

// link appends t to list i.
func (w *Wheel) link(t *Timer, i int) {
	t.place = int32(i + 1)
	head := w.list[i]
	if head == nil {
		t.next, t.prev = t, t
		w.list[i] = t
		if i < due {
			w.occupied[i/slots] |= 1 << (i % slots)
		}
		return
	}
	t.next, t.prev = head, head.prev
	t.prev.next, head.prev = t, t
}

// unlink takes t out of its list.
func (w *Wheel) unlink(t *Timer) {
	i := int(t.place - 1)
	if t.next == t {
		w.list[i] = nil
		if i < due {
			w.occupied[i/slots] &^= 1 << (i % slots)
		}
	} else {
		t.prev.next, t.next.prev = t.next, t.prev
		if w.list[i] == t {
			w.list[i] = t.next
		}
	}
	t.next, t.prev, t.place = nil, nil, 0
}
