//go:build !linux

package loop

import "golang.org/x/sys/unix"

// enonet is a pending network error that only Linux has; this stands in its row.
const enonet = unix.ECONNRESET

// SO_REUSEPORT lets sockets share a port here, but one of them gets every
// connection.
const reuseportSpreads = false
