//go:build !linux

package sys

// EpollEvent has the fields of Linux's struct epoll_event, so that code written
// against Kernel compiles everywhere.
type EpollEvent struct {
	Events uint32
	Fd     int32
	Pad    int32
}

// Epoll numbers of <sys/epoll.h>, for code that is compiled everywhere and run
// where Kernel serves epoll.
const (
	EPOLLIN      = 0x1
	EPOLLPRI     = 0x2
	EPOLLOUT     = 0x4
	EPOLLERR     = 0x8
	EPOLLHUP     = 0x10
	EPOLLRDHUP   = 0x2000
	EPOLLONESHOT = 0x40000000
	EPOLLET      = 0x80000000

	EPOLL_CTL_ADD = 1
	EPOLL_CTL_DEL = 2
	EPOLL_CTL_MOD = 3
)
