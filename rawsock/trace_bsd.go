//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package rawsock

import (
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// strace(1) is Linux's. Here a line has its form, with what these systems name
// alike; of socket options it has the name and, for an int, the value.

func (l *line) otherAddress(int, []byte) bool { return false }
func (l *line) familyProtocol(_, _ int) bool  { return false }
func (l *line) fcntlArg(i int)                { l.hex(uint64(l.arg(i).Word)) }

var errnoNames = [...]name{{int(unix.EOPNOTSUPP), "EOPNOTSUPP"}}

var msgFlagNames = [...]name{
	{unix.MSG_OOB, "MSG_OOB"},
	{unix.MSG_PEEK, "MSG_PEEK"},
	{unix.MSG_DONTROUTE, "MSG_DONTROUTE"},
	{unix.MSG_EOR, "MSG_EOR"},
	{unix.MSG_TRUNC, "MSG_TRUNC"},
	{unix.MSG_CTRUNC, "MSG_CTRUNC"},
	{unix.MSG_WAITALL, "MSG_WAITALL"},
	{unix.MSG_DONTWAIT, "MSG_DONTWAIT"},
}

var pollFlagNames = [...]name{
	{unix.POLLIN, "POLLIN"},
	{unix.POLLPRI, "POLLPRI"},
	{unix.POLLOUT, "POLLOUT"},
	{unix.POLLERR, "POLLERR"},
	{unix.POLLHUP, "POLLHUP"},
	{unix.POLLNVAL, "POLLNVAL"},
}

// The numbers are those of internal/sys, which are the same everywhere.
var keventFilters = [...]name{
	{sys.EVFILT_READ, "EVFILT_READ"}, {sys.EVFILT_WRITE, "EVFILT_WRITE"}, {sys.EVFILT_USER, "EVFILT_USER"},
}

var keventFlags = [...]name{
	{sys.EV_ADD, "EV_ADD"},
	{sys.EV_DELETE, "EV_DELETE"},
	{sys.EV_ONESHOT, "EV_ONESHOT"},
	{sys.EV_CLEAR, "EV_CLEAR"},
	{sys.EV_RECEIPT, "EV_RECEIPT"},
	{sys.EV_ERROR, "EV_ERROR"},
	{sys.EV_EOF, "EV_EOF"},
}

var openFlagNames = [...]name{{unix.O_NONBLOCK, "O_NONBLOCK"}, {unix.O_APPEND, "O_APPEND"}, {unix.O_ASYNC, "O_ASYNC"}}

var fcntlCommands = [...]name{
	{unix.F_DUPFD, "F_DUPFD"},
	{unix.F_GETFD, "F_GETFD"},
	{unix.F_SETFD, "F_SETFD"},
	{unix.F_GETFL, "F_GETFL"},
	{unix.F_SETFL, "F_SETFL"},
	{unix.F_GETOWN, "F_GETOWN"},
	{unix.F_SETOWN, "F_SETOWN"},
}

const fGetPipeSize = -1 // there is none

var ioctlRequests = [...]request{{sys.FIONBIO, "FIONBIO"}}

var valuesSet = [...]optionValue{{unix.SOL_SOCKET, unix.SO_LINGER, unix.SizeofLinger, 0, (*line).linger}}

var valuesGot = valuesSet

const levelOfInts = -1 // no level

var limitResources = [...]name{{unix.RLIMIT_NOFILE, "RLIMIT_NOFILE"}}

// What only Linux has.
const (
	epollCtlDel = 2
	atFdcwd     = unix.AT_FDCWD
)

var (
	epollFlagNames, epollCreateNames, epollOps     [0]name
	spliceFlagNames, eventfdFlagNames, atFlagNames [0]name
	scmNames, ipCmsgNames, optionPrefixes          [0]name
	optionSpellings                                [0]optionSpelling
	socketCmsgs, ipCmsgs                           [0]cmsgFormat
	intOptions                                     [0]int
)
