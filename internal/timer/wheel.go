package timer

import (
	"math"
	"math/bits"
)

// Tick is the resolution of a wheel in nanoseconds: a timer fires with the first
// Advance that reaches the end of the tick in which its deadline lies.
const Tick = 1_000_000

const (
	slotBits = 6
	slots    = 1 << slotBits
	levels   = 8 // 48 bits of ticks; 2^63 ns are less than 2^44

	due    = levels * slots // armed for a time that has come
	firing = due + 1        // being fired by Advance
	lists  = firing + 1
)

// Wheel holds armed timers. Arm, Cancel and the firing of a timer take constant time.
// The zero value is a wheel whose time is 0.
//
// A timer lies on the level of the highest digit, to base 64, in which its tick differs
// from the wheel's, in the slot of that digit. So all timers of a level come before
// those of the next, the first occupied slot of the lowest occupied level comes first,
// and time may jump there in one step.
type Wheel struct {
	list     [lists]*Timer
	occupied [levels]uint64 // a bit for each slot that has timers
	now      int64
	tick     int64 // of now, rounded down
	len      int
}

// New returns a wheel whose time is now, or 0 if now is negative.
func New(now int64) *Wheel {
	now = max(now, 0)
	return &Wheel{now: now, tick: now / Tick}
}

// Len returns the number of armed timers.
func (w *Wheel) Len() int { return w.len }

// Now returns the time of the last Advance.
func (w *Wheel) Now() int64 { return w.now }

// Arm sets t to fire at when; a timer that is armed is moved. A deadline that has come
// already fires with the next Advance, never with the one that is running. Any int64
// will do, but the last incomplete tick before 2^63 never ends. Arm panics if t has no
// Handler.
func (w *Wheel) Arm(t *Timer, when int64) {
	if t.Handler == nil {
		panic("timer: Arm without a Handler")
	}
	w.Cancel(t)
	t.when = when
	w.len++
	if when <= w.now {
		w.link(t, due)
		return
	}
	w.link(t, w.listOf(when))
}

// Cancel disarms t and reports whether it was armed. A cancelled timer does not fire,
// even if it is due in the Advance that is running.
func (w *Wheel) Cancel(t *Timer) bool {
	if t.place == 0 {
		return false
	}
	w.unlink(t)
	w.len--
	return true
}

// Advance sets the wheel's time, which never goes back, and fires the timers that are
// due: first those that were armed for a time that had come, then the others in order
// of their ticks, always in the order in which they were armed. All of them are set aside before the first one fires, so that a handler that
// arms a timer for now cannot keep Advance from returning. If a handler panics, the
// timers after it fire with the next Advance. Handlers must not call Advance.
func (w *Wheel) Advance(now int64) {
	w.now = max(w.now, now)
	w.collect(w.now / Tick)
	for t := w.list[due]; t != nil; t = w.list[due] {
		w.unlink(t)
		w.link(t, firing)
	}
	for t := w.list[firing]; t != nil; t = w.list[firing] {
		w.Cancel(t)
		t.Handler.OnTimer(t, w.now)
	}
}

// collect moves the wheel on to tick, from one occupied slot to the next, and the
// timers it meets to lower levels or to the due list.
func (w *Wheel) collect(tick int64) {
	for {
		i, start := w.first()
		if start > tick {
			w.tick = tick
			return
		}
		w.tick = start
		for t := w.list[i]; t != nil; t = w.list[i] {
			w.unlink(t)
			w.link(t, w.listOf(t.when))
		}
	}
}

// Next returns a time to wait until: no timer fires before it, and one that is far
// away may make it early, a few times at most. It is not after now when a timer is due,
// and ok is false when none is armed.
func (w *Wheel) Next() (when int64, ok bool) {
	if w.list[due] != nil || w.list[firing] != nil {
		return w.now, true
	}
	_, start := w.first()
	if start > math.MaxInt64/Tick {
		return math.MaxInt64, w.len > 0
	}
	return start * Tick, true
}

// first returns the first occupied slot and the tick that it begins with, or
// math.MaxInt64 if there is none.
func (w *Wheel) first() (list int, start int64) {
	for level, occupied := range w.occupied {
		if occupied != 0 {
			slot := bits.TrailingZeros64(occupied)
			shift := level * slotBits
			above := w.tick >> (shift + slotBits) << slotBits
			return level*slots + slot, (above | int64(slot)) << shift
		}
	}
	return 0, math.MaxInt64
}

// listOf returns the list of a timer for when, seen from the wheel's tick.
func (w *Wheel) listOf(when int64) int {
	tick := (when-1)/Tick + 1
	if tick <= w.tick {
		return due
	}
	level := (bits.Len64(uint64(tick^w.tick)) - 1) / slotBits
	return level*slots + int(tick>>(level*slotBits))&(slots-1)
}
