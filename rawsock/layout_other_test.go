//go:build !linux

package rawsock_test

// familyLow is which byte of an address holds its family.
const familyLow = 1
