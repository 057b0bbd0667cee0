package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// signature is how the arguments of a system call and its result are shown; a
// result without a function is a number.
type signature struct {
	args   []argument
	count  func(*line) int // of args that the call has, where it depends
	result func(*line)
}

// argument shows argument i.
type argument func(l *line, i int)

// signatures has a row for every call that is traced, by its name.
var signatures = map[string]signature{
	"accept":      {args: []argument{argNumber, argAddr, argLength}},
	"accept4":     {args: []argument{argNumber, argAddr, argLength, argSockFlags}},
	"bind":        {args: []argument{argNumber, argAddr, argNumber}},
	"close":       {args: []argument{argNumber}},
	"connect":     {args: []argument{argNumber, argAddr, argNumber}},
	"getpeername": {args: []argument{argNumber, argAddr, argLength}},
	"getsockname": {args: []argument{argNumber, argAddr, argLength}},
	"getsockopt":  {args: []argument{argNumber, argLevel, argOption, argOptionGot, argLength}},
	"listen":      {args: []argument{argNumber, argNumber}},
	"setsockopt":  {args: []argument{argNumber, argLevel, argOption, argOptionSet, argNumber}},
	"shutdown":    {args: []argument{argNumber, argShutdownHow}},
	"socket":      {args: []argument{argFamily, argSockType, argProtocol}},
	"socketpair":  {args: []argument{argFamily, argSockType, argSize, argDescriptors}},

	"read":     {args: []argument{argNumber, argBuffer, argSize}},
	"readv":    {args: []argument{argNumber, argVectorRead, argSize}},
	"recvfrom": {args: []argument{argNumber, argBuffer, argSize, argMsgFlags, argAddr, argLength}},
	"recvmsg":  {args: []argument{argNumber, argMessageRead, argMsgFlags}},
	"sendmsg":  {args: []argument{argNumber, argMessageWritten, argMsgFlags}},
	"sendto":   {args: []argument{argNumber, argBuffer, argSize, argMsgFlags, argAddr, argNumber}},
	"write":    {args: []argument{argNumber, argBuffer, argSize}},
	"writev":   {args: []argument{argNumber, argVectorWritten, argSize}},

	"sendmmsg":        {args: []argument{argNumber, argMessagesSent, argUnsigned, argMsgFlags}},
	"recvmmsg":        {args: []argument{argNumber, argMessagesReceived, argUnsigned, argMsgFlags, argTimespec}, result: recvmmsgResult},
	"recvmmsg_time64": {args: []argument{argNumber, argMessagesReceived, argUnsigned, argMsgFlags, argTimespec}, result: recvmmsgResult},

	"sendfile":   {args: []argument{argNumber, argNumber, argOffsetMoved, argSize}},
	"sendfile64": {args: []argument{argNumber, argNumber, argOffsetMoved, argSize}},
	"splice":     {args: []argument{argNumber, argOffset, argNumber, argOffset, argSize, argSpliceFlags}},
	"tee":        {args: []argument{argNumber, argNumber, argSize, argSpliceFlags}},
	"vmsplice":   {args: []argument{argNumber, argVectorWritten, argSize, argSpliceFlags}},

	"kevent":          {args: []argument{argNumber, argKevents, argNumber, argKevents, argNumber, argTimespec}},
	"kqueue":          {},
	"epoll_create1":   {args: []argument{argEpollCreateFlags}},
	"epoll_ctl":       {args: []argument{argNumber, argEpollOp, argNumber, argEpollEvent}},
	"epoll_pwait":     {args: []argument{argNumber, argEpollEvents, argNumber, argNumber, argSigset, argSize}},
	"poll":            {args: []argument{argPollFds, argUnsigned, argNumber}, result: pollResult},
	"ppoll":           {args: []argument{argPollFds, argUnsigned, argTimespec, argSigset, argSize}, result: pollResult},
	"ppoll_time64":    {args: []argument{argPollFds, argUnsigned, argTimespec, argSigset, argSize}, result: pollResult},
	"_newselect":      {args: []argument{argNumber, argFdSet, argFdSet, argFdSet, argTimeval}, result: selectResult},
	"select":          {args: []argument{argNumber, argFdSet, argFdSet, argFdSet, argTimeval}, result: selectResult},
	"pselect6":        {args: []argument{argNumber, argFdSet, argFdSet, argFdSet, argTimespec, argSigsetAndSize}, result: selectResult},
	"pselect":         {args: []argument{argNumber, argFdSet, argFdSet, argFdSet, argTimespec, argSigsetAndSize}, result: selectResult},
	"pselect6_time64": {args: []argument{argNumber, argFdSet, argFdSet, argFdSet, argTimespec, argSigsetAndSize}, result: selectResult},

	"dup":        {args: []argument{argNumber}},
	"dup2":       {args: []argument{argNumber, argNumber}},
	"dup3":       {args: []argument{argNumber, argNumber, argOpenFlags}},
	"eventfd2":   {args: []argument{argUnsigned, argEventfdFlags}},
	"chmod":      {args: []argument{argPath, argFileMode}},
	"fchmod":     {args: []argument{argNumber, argFileMode}},
	"fchmodat":   {args: []argument{argDirectory, argPath, argFileMode}},
	"fcntl":      {args: []argument{argNumber, argFcntlCommand, argFcntl}, count: fcntlArgs, result: fcntlResult},
	"fcntl64":    {args: []argument{argNumber, argFcntlCommand, argFcntl}, count: fcntlArgs, result: fcntlResult},
	"flock":      {args: []argument{argNumber, argFlock}},
	"fstat":      {args: []argument{argNumber, argFileStat}},
	"fstat64":    {args: []argument{argNumber, argFileStat}},
	"fstatat":    {args: []argument{argDirectory, argPath, argFileStat, argAtFlags}},
	"fstatat64":  {args: []argument{argDirectory, argPath, argFileStat, argAtFlags}},
	"getrlimit":  {args: []argument{argLimitResource, argLimit}},
	"ioctl":      {args: []argument{argNumber, argIoctlRequest, argIoctl}},
	"newfstatat": {args: []argument{argDirectory, argPath, argFileStat, argAtFlags}},
	"open":       {args: []argument{argPath, argOpen, argFileMode}, count: openArgs},
	"openat":     {args: []argument{argDirectory, argPath, argOpen, argFileMode}, count: openArgs},
	"pipe":       {args: []argument{argDescriptors}},
	"pipe2":      {args: []argument{argDescriptors, argOpenFlags}},
	"prlimit64":  {args: []argument{argNumber, argLimitResource, argAddress, argLimit}},
	"unlink":     {args: []argument{argPath}},
	"unlinkat":   {args: []argument{argDirectory, argPath, argAtFlags}},
}

// The arguments that are alike in many calls.

func argNumber(l *line, i int)   { l.int(int64(int32(l.arg(i).Word))) }
func argUnsigned(l *line, i int) { l.uint(uint64(uint32(l.arg(i).Word))) }
func argSize(l *line, i int)     { l.uint(uint64(l.arg(i).Word)) }
func argAddress(l *line, i int)  { l.pointer(l.arg(i).Word) }

// argBuffer is what the call read or wrote.
func argBuffer(l *line, i int) {
	a := l.arg(i)
	switch {
	case a.In != nil:
		l.bytes(a.In)
	case a.Out != nil:
		l.bytes(a.Out)
	default:
		l.pointer(a.Word)
	}
}

// argPath is a file's name, whole.
func argPath(l *line, i int) { l.quoted(l.arg(i).In) }

func argAddr(l *line, i int) {
	a := l.arg(i)
	b := a.In
	if b == nil {
		b = a.Out
	}
	l.sockaddr(b, a.Word)
}

// argLength is value-result: what there was room for, and, if the call changed it,
// what there is.
func argLength(l *line, i int) {
	a := l.arg(i)
	if a.Word == 0 || len(a.In) < 4 || len(a.Out) < 4 {
		l.pointer(a.Word)
		return
	}
	before, after := int64(int32At(a.In)), int64(int32At(a.Out))
	l.str("[")
	l.int(before)
	if !l.failed() && before != after {
		l.str(" => ")
		l.int(after)
	}
	l.str("]")
}

// int32At is the C int that b begins with, 0 if b is too short.
func int32At(b []byte) int32 {
	if len(b) < 4 {
		return 0
	}
	return int32(binary.NativeEndian.Uint32(b))
}

func int64At(b []byte) int64 {
	if len(b) < 8 {
		return 0
	}
	return int64(binary.NativeEndian.Uint64(b))
}

// argDescriptors is the array that socketpair(2) and pipe(2) fill.
func argDescriptors(l *line, i int) {
	a := l.arg(i)
	if a.Out == nil {
		l.pointer(a.Word)
		return
	}
	l.array(len(a.Out)/4, func(j int) { l.int(int64(int32At(a.Out[4*j:]))) })
}

func argShutdownHow(l *line, i int) {
	l.name(l.word(i), shutdownNames[:], "SHUT_???")
}

var shutdownNames = [...]name{
	{unix.SHUT_RD, "SHUT_RD"}, {unix.SHUT_WR, "SHUT_WR"}, {unix.SHUT_RDWR, "SHUT_RDWR"},
}

func argMsgFlags(l *line, i int) { l.flags(uint64(uint32(l.arg(i).Word)), msgFlagNames[:], "MSG_???") }

func argFamily(l *line, i int) { l.family(l.word(i)) }

func (l *line) family(f int) { l.known(FamilyName(f), f, "AF_???") }

// known is a name, unless it is a number because there is no name.
func (l *line) known(name string, v int, unknown string) {
	if isNumber(name) {
		l.unnamed(uint64(uint32(v)), unknown)
		return
	}
	l.str(name)
}

func isNumber(name string) bool {
	return name == "" || name[0] == '-' || '0' <= name[0] && name[0] <= '9'
}

func argSockType(l *line, i int) {
	v := uint64(uint32(l.arg(i).Word))
	base := v & sockTypeMask
	name := TypeName(int(base))
	if isNumber(name) {
		l.flags(v, typeFlags[:], "SOCK_???")
		return
	}
	l.str(name)
	if v != base {
		l.str("|")
		l.flags(v&^sockTypeMask, typeFlags[:], "SOCK_???")
	}
}

func argSockFlags(l *line, i int) {
	l.flags(uint64(uint32(l.arg(i).Word)), typeFlags[:], "SOCK_???")
}

func argProtocol(l *line, i int) {
	switch v := l.word(i); l.word(0) {
	case unix.AF_INET, unix.AF_INET6:
		l.known(ProtoName(v), v, "IPPROTO_???")
	default:
		if !l.familyProtocol(l.word(0), v) {
			argSize(l, i)
		}
	}
}

// argOffset is a file offset that the call is given, argOffsetMoved one that it
// moves.
func argOffset(l *line, i int) {
	a := l.arg(i)
	if len(a.In) < 8 {
		l.pointer(a.Word)
		return
	}
	l.brackets(int64At(a.In))
}

func argOffsetMoved(l *line, i int) {
	a := l.arg(i)
	if len(a.In) < 8 {
		l.pointer(a.Word)
		return
	}
	l.brackets(int64At(a.In))
	if !l.failed() && l.call.Ret != 0 && len(a.Out) >= 8 {
		l.str(" => ")
		l.brackets(int64At(a.Out))
	}
}

// brackets are around what an address stands for.
func (l *line) brackets(v int64) {
	l.str("[")
	l.int(v)
	l.str("]")
}

// argTimespec is a struct timespec, argTimeval a struct timeval, both with fields
// of 64 bits.
func argTimespec(l *line, i int) { l.time(l.arg(i).In, l.arg(i).Word, "tv_nsec") }
func argTimeval(l *line, i int)  { l.time(l.arg(i).In, l.arg(i).Word, "tv_usec") }

func (l *line) time(b []byte, word uintptr, fraction string) {
	if len(b) < 16 {
		l.pointer(word)
		return
	}
	l.seconds(int64At(b), fraction, int64At(b[8:]))
}

func (l *line) seconds(sec int64, fraction string, part int64) {
	l.str("{tv_sec=")
	l.int(sec)
	l.field(fraction)
	l.uint(uint64(part))
	l.str("}")
}

// timeLeft is what the kernel left of a timeout.
func (l *line) timeLeft(i int, fraction string) bool {
	a := l.arg(i)
	if len(a.Out) < 16 {
		return false
	}
	l.str("left ")
	l.time(a.Out, a.Word, fraction)
	return true
}
