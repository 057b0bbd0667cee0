package netconn

import "golang.org/x/sys/unix"

const protoMPTCP = unix.IPPROTO_MPTCP
