package sys

// Token is the 64-bit data of an event. struct epoll_event gives it two 32-bit
// fields in x/sys, whatever the architecture's padding.
func Token(ev *EpollEvent) uint64 {
	return uint64(uint32(ev.Fd)) | uint64(uint32(ev.Pad))<<32
}

// SetToken stores the 64-bit data of an event.
func SetToken(ev *EpollEvent, token uint64) {
	ev.Fd, ev.Pad = int32(uint32(token)), int32(uint32(token>>32))
}
