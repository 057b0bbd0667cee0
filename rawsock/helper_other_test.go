//go:build !linux

package rawsock_test

func runHelper(string) int { return 2 }
