package sockettest

import "testing"

// OpenFDs returns how many descriptors this process has open, without the
// one that counting needs. Every goroutine's descriptors count, so compare
// two values only while nothing else opens or closes any.
func OpenFDs(t testing.TB) int {
	t.Helper()
	fds, err := openFDs()
	if err != nil {
		t.Fatalf("list open descriptors: %v", err)
	}
	return len(fds)
}
