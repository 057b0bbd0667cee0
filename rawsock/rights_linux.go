package rawsock

// descriptors appends those that m brought.
func (m Cmsg) descriptors(fds []FD) []FD {
	if fd, ok := m.Pidfd(); ok && fd >= 0 {
		return append(fds, fd)
	}
	fds, _ = m.Rights(fds)
	return fds
}
