//go:build !linux

package netconn_test

import "testing"

func needLinux(t testing.TB) {
	t.Helper()
	t.Skip("the kernel's behaviour that this needs is Linux's")
}
