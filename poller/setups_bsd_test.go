//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package poller_test

import (
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller"
)

var setups = []setup{
	{"kqueue", poller.Kqueue, poller.Level, host, ""},
	{"kqueue", poller.Kqueue, poller.Edge, host, ""},
	{"kqueue", poller.Kqueue, poller.OneShot, host, ""},
	{"poll", poller.Poll, poller.Level, host, ""},
	{"poll", poller.Poll, poller.OneShot, host, ""},
}

func host() sys.Kernel { return sys.NewHost() }

// pollHasReadClosed: POLLRDHUP is not there.
const pollHasReadClosed = false
