//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sockettest

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// maxScan bounds the descriptors that openFDs looks at where the limit of
// descriptors is unlimited or very high.
const maxScan = 1 << 16

// openFDs returns the open descriptors of this process, each with its file
// type, device and inode. It asks fcntl(2) about every number below
// RLIMIT_NOFILE: /dev/fd lists only the first three where fdescfs(5) is not
// mounted, which is the default on FreeBSD.
func openFDs() (map[int]string, error) {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return nil, err
	}
	fds := make(map[int]string)
	for fd := range int(min(uint64(lim.Cur), maxScan)) {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil {
			continue
		}
		fds[fd] = describe(fd)
	}
	return fds, nil
}

// describe names the file behind fd as far as fstat(2) tells.
func describe(fd int) string {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return "fstat: " + err.Error()
	}
	return fmt.Sprintf("type %#o device %d inode %d", st.Mode&unix.S_IFMT, st.Dev, st.Ino)
}
