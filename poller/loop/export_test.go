package loop

import "github.com/rawloop/rawloop/internal/sys"

// NewGroup is New on kernels that a test makes.
func NewGroup(cfg Config, kernel func() sys.Kernel) (*Group, error) { return newGroup(cfg, kernel) }

// StatsNow is Stats without the delay of publishing; it belongs to the
// goroutine that steps the loop.
func (l *Loop) StatsNow() Stats {
	l.publish()
	return l.Stats()
}
