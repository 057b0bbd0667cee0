// Package timer is the clock of an event loop: a hierarchical timing wheel (Varghese
// and Lauck, 1987) whose timers live inside the structs that they serve.
//
// It reads no clock. Times are nanoseconds of whatever monotonic clock the caller
// passes in. Nothing here is safe for concurrent use.
package timer

// Handler is told that a timer fired.
type Handler interface {
	// OnTimer is called by Advance with the timer, which is no longer armed, and the
	// wheel's time. It may arm and cancel any timer of the wheel.
	OnTimer(t *Timer, now int64)
}

// Func is a Handler that calls itself.
type Func func(now int64)

// OnTimer calls f.
func (f Func) OnTimer(_ *Timer, now int64) { f(now) }

// Timer is a deadline with someone to tell. Its zero value, with Handler set, is ready
// to be armed; it must not be copied while it is armed, and belongs to one wheel at a
// time. One Handler may serve several timers and tell them apart by address.
type Timer struct {
	// Handler is told when the timer fires; it must be set before Arm.
	Handler Handler

	when       int64
	next, prev *Timer // neighbours in the circular list
	place      int32  // index of that list plus one; 0 when not armed
}

// Armed reports whether the timer is waiting to fire.
func (t *Timer) Armed() bool { return t.place != 0 }

// When returns the deadline of the last Arm.
func (t *Timer) When() int64 { return t.when }
