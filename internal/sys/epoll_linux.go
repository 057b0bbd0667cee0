package sys

import "golang.org/x/sys/unix"

// EpollEvent is struct epoll_event; Token reads and SetToken writes its 64-bit data.
type EpollEvent = unix.EpollEvent

// Epoll numbers of <sys/epoll.h>.
const (
	EPOLLIN      = unix.EPOLLIN
	EPOLLPRI     = unix.EPOLLPRI
	EPOLLOUT     = unix.EPOLLOUT
	EPOLLERR     = unix.EPOLLERR
	EPOLLHUP     = unix.EPOLLHUP
	EPOLLRDHUP   = unix.EPOLLRDHUP
	EPOLLONESHOT = unix.EPOLLONESHOT
	EPOLLET      = 1 << 31 // unix.EPOLLET is negative on some architectures

	EPOLL_CTL_ADD = unix.EPOLL_CTL_ADD
	EPOLL_CTL_DEL = unix.EPOLL_CTL_DEL
	EPOLL_CTL_MOD = unix.EPOLL_CTL_MOD
)
