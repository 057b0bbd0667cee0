//go:build !linux

package sys

// POLLRDHUP is Linux's; 0 asks for nothing and matches nothing.
const POLLRDHUP = 0
