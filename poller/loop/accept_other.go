//go:build !linux

package loop

import "golang.org/x/sys/unix"

// enonet is a pending network error that only Linux has; this stands in its row.
const enonet = unix.ECONNRESET

// Not all of these systems can be asked for a socket's protocol, and none of
// them makes MPTCP listeners by itself.
const soProtocol = 0

// SO_REUSEPORT lets sockets share a port here, but one of them gets every
// connection.
const reuseportSpreads = false
