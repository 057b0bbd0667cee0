package sockettest

import (
	"os"
	"strconv"
)

// openFDs returns the open descriptors of this process, each with the target
// of its link in /proc/self/fd: a path, or a kind and an inode number such as
// "socket:[4711]" (proc(5)). A descriptor that is gone before its link is
// read, as the listing's own always is, is not among them.
func openFDs() (map[int]string, error) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	fds := make(map[int]string, len(entries))
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			return nil, err
		}
		if file, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
			fds[fd] = file
		}
	}
	return fds, nil
}
