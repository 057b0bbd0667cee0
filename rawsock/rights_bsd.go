//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package rawsock

// descriptors appends those that m brought.
func (m Cmsg) descriptors(fds []FD) []FD {
	fds, _ = m.Rights(fds)
	return fds
}
