//go:build linux && (386 || s390x)

package sys

const acceptIsAccept4 = true

// accept is accept4 with no flags: 386 and s390x got their own socket calls in
// Linux 4.3, and accept(2) was not among them.
func accept(fd int, sa *RawSockaddr) (int, Errno) {
	return accept4(fd, sa, 0)
}
