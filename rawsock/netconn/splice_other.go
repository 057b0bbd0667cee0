//go:build !linux

package netconn

// spliceFlags are for a call that answers ENOSYS here.
const spliceFlags = 0
