//go:build !linux

package netdb

// sockCloexec is 0 where socket(2) may lack SOCK_CLOEXEC: the descriptor lives for
// two calls.
const sockCloexec = 0
