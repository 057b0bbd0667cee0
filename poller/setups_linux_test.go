package poller_test

import (
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller"
)

var setups = []setup{
	{"epoll", poller.Epoll, poller.Level, host, ""},
	{"epoll", poller.Epoll, poller.Edge, host, ""},
	{"epoll", poller.Epoll, poller.OneShot, host, ""},
	{"poll", poller.Poll, poller.Level, host, ""},
	{"poll", poller.Poll, poller.OneShot, host, ""},
	{"poll-pipe", poller.Poll, poller.Level, hostWithoutEventfd, "K"},
	{"kqueue-model", poller.Kqueue, poller.Level, model, ""},
	{"kqueue-model", poller.Kqueue, poller.Edge, model, ""},
	{"kqueue-model", poller.Kqueue, poller.OneShot, model, ""},
	{"kqueue-model-pipe", poller.Kqueue, poller.Level, modelWithoutUser, "K"},
}

func host() sys.Kernel { return sys.NewHost() }

func hostWithoutEventfd() sys.Kernel { return noEventfd{sys.NewHost()} }

func model() sys.Kernel { return newModel(noEventfd{sys.NewHost()}, true) }

func modelWithoutUser() sys.Kernel { return newModel(noEventfd{sys.NewHost()}, false) }

// noEventfd is a kernel on which wakes go through a pipe.
type noEventfd struct{ sys.Kernel }

func (noEventfd) Eventfd() (int, sys.Errno) { return -1, unix.ENOSYS }

// pollHasReadClosed: POLLRDHUP.
const pollHasReadClosed = true
