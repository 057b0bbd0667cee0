// Package sockettest holds what the tests of this module share: connected
// pairs of sockets, network namespaces, waiting for a condition, counting
// descriptors, skipping for a reason, and a TestMain that fails a package which
// leaks a goroutine or a descriptor.
//
// It calls golang.org/x/sys/unix directly, never rawsock or internal/sys, so
// that a test does not rest on the code it tests.
package sockettest
