package sys

import "golang.org/x/sys/unix"

func sendfile(out, in int, offset *int64, n int) (int, Errno) {
	raceReleaseIO()
	sent, err := unix.Sendfile(out, in, offset, n)
	return max(sent, 0), errnoOf(err)
}

func splice(in int, inOffset *int64, out int, outOffset *int64, n, flags int) (int, Errno) {
	moved, err := unix.Splice(in, inOffset, out, outOffset, n, flags)
	return max(int(moved), 0), errnoOf(err)
}

func tee(in, out, n, flags int) (int, Errno) {
	copied, err := unix.Tee(in, out, n, flags)
	return max(int(copied), 0), errnoOf(err)
}
