package sys

import "golang.org/x/sys/unix"

// POLLRDHUP asks poll(2) for the peer's half-close.
const POLLRDHUP = unix.POLLRDHUP
