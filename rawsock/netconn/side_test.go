package netconn

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestDeadlineUnderAContext: while a context that is done ends its call, a deadline
// that is set meanwhile does not give the call more time, and holds afterwards.
func TestDeadlineUnderAContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var set time.Time
		d := deadline{set: func(at time.Time) error { set = at; return nil }}
		later := time.Now().Add(time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		w := d.follow(ctx)
		if err := d.Set(later); err != nil || set != later {
			t.Errorf("before it is done: deadline %v, %v, want %v", set, err, later)
		}
		cancel()
		synctest.Wait()
		if set != past {
			t.Errorf("when it is done: deadline %v, want one that is past", set)
		}
		latest := later.Add(time.Hour)
		if err := d.Set(latest); err != nil || set != past {
			t.Errorf("set meanwhile: deadline %v, %v, want one that is past", set, err)
		}
		if w.end(); set != latest {
			t.Errorf("afterwards: deadline %v, want %v", set, latest)
		}
		if w.overrule(); set != latest {
			t.Errorf("a context that is late: deadline %v, want %v", set, latest)
		}
	})
}
