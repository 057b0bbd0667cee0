package netconn

import "golang.org/x/sys/unix"

const spliceFlags = unix.SPLICE_F_MOVE | unix.SPLICE_F_NONBLOCK
