package loop

import "golang.org/x/sys/unix"

// enonet is a pending network error that only Linux has.
const enonet = unix.ENONET

// soProtocol asks for a socket's protocol.
const soProtocol = unix.SO_PROTOCOL

// Linux spreads connections over all sockets of a SO_REUSEPORT group.
const reuseportSpreads = true
