package sys

import "time"

// Timespec is struct __kernel_timespec, with 64 bits for the seconds on every
// architecture.
type Timespec struct{ Sec, Nsec int64 }

// in stores d and returns where the kernel finds it, nil for nil. What is
// negative stays so: tv_sec is, and the kernel refuses it.
func (ts *Timespec) in(d *time.Duration) *Timespec {
	if d == nil {
		return nil
	}
	ts.Sec, ts.Nsec = int64(*d/time.Second), int64(*d%time.Second)
	if ts.Nsec < 0 {
		ts.Sec, ts.Nsec = ts.Sec-1, ts.Nsec+int64(time.Second)
	}
	return ts
}

// out stores in d what the kernel left, unless d is nil.
func (ts *Timespec) out(d *time.Duration) {
	if d != nil {
		*d = time.Duration(ts.Sec)*time.Second + time.Duration(ts.Nsec)
	}
}
