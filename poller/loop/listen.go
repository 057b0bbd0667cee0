package loop

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/address"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/rawsock"
)

// defaultBacklog is more than any kernel allows; listen(2) cuts it down to
// net.core.somaxconn.
const defaultBacklog = 65535

// Listener is a listening address of a group. Its methods may be called from
// any goroutine.
type Listener struct {
	g          *Group
	newHandler func(Conn) Handler
	network    string
	addr       rawsock.Sockaddr
	flags      flags
	acceptors  []*acceptor
	closed     atomic.Bool

	// The file that bind made, removed at the end if it is still that file.
	path string
	file sys.FileID
	once sync.Once
}

// Listen listens on an address and has newHandler make the handler of each
// connection that is accepted. It may be called before and while the group
// runs, from any goroutine. newHandler runs on the connection's loop; nil from
// it turns the connection away.
//
// The address is tcp://127.0.0.1:9000, tcp://[::1]:0, unix:///run/x.sock,
// unix://@abstract, or fd://3 for a listening socket that the program was
// given, with options behind it: ?nodelay=0&backlog=128&rcvbuf=64k&reuseport=1.
// A bare host:port is tcp; a host name is looked up. TCP_NODELAY is on unless
// nodelay=0.
//
// On Linux each loop of a group has its own TCP socket with SO_REUSEPORT;
// elsewhere, and for unix and fd, one loop accepts and deals out.
//
// An error of a system call is a *ListenError.
func (g *Group) Listen(addr string, newHandler func(Conn) Handler) (*Listener, error) {
	a, err := address.Parse(addr)
	if err != nil {
		return nil, err
	}
	if newHandler == nil {
		return nil, errors.New("loop: Listen needs a function that makes handlers")
	}
	var addrs []rawsock.Sockaddr
	switch {
	case a.Network == "fd":
	case a.IsStream():
		// A look-up may take seconds: not under the lock.
		if addrs, err = a.Resolve(context.Background(), true); err != nil {
			return nil, &ListenError{Call: "resolve", Address: a.String(), Err: err}
		}
	default:
		return nil, &ListenError{Call: "listen", Address: a.String(), Err: errors.ErrUnsupported}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, ErrClosed
	}
	lis := &Listener{g: g, newHandler: newHandler}
	if a.Network == "fd" {
		err = lis.adopt(a)
	} else {
		err = lis.listen(a, addrs)
	}
	if err != nil {
		return nil, err
	}
	return lis, lis.start()
}

// start hands each socket to its loop.
func (lis *Listener) start() error {
	for i, a := range lis.acceptors {
		l := lis.g.loops[i%len(lis.g.loops)]
		a.loop = l
		if err := l.order(func() { l.addAcceptor(a) }); err == ErrClosed {
			lis.acceptors = lis.acceptors[i:]
			lis.abandon()
			return err
		}
	}
	return nil
}

// Addr returns the address that is listened on, with the real port.
func (lis *Listener) Addr() rawsock.Sockaddr { return lis.addr }

// String returns network and address: "tcp 127.0.0.1:34567", "unix /run/x.sock".
func (lis *Listener) String() string { return lis.network + " " + text(lis.addr) }

// text is an address as people write it: a path stands without quotes.
func text(sa rawsock.Sockaddr) string {
	if name, kind := sa.Unix(); kind == rawsock.UnixPath {
		return name
	}
	return sa.String()
}

// Close stops listening, with the next turn of the group's loops. Connections
// go on; those that were not accepted yet are reset by the kernel. ErrClosed if
// it was called before, or the group has ended.
func (lis *Listener) Close() error {
	if lis.closed.Swap(true) {
		return ErrClosed
	}
	var errs []error
	for _, a := range lis.acceptors {
		errs = append(errs, a.loop.order(func() { a.loop.closeAcceptor(a) }))
	}
	if err := errors.Join(errs...); !errors.Is(err, ErrClosed) {
		return err
	}
	return ErrClosed
}

// listen makes the sockets of one address: the first one that a stands for and
// that can be bound.
func (lis *Listener) listen(a address.Address, addrs []rawsock.Sockaddr) (err error) {
	lis.network = "unix"
	if !a.IsUnix() {
		lis.network, lis.flags = "tcp", tcp
	}
	for _, sa := range addrs {
		if err = lis.bindAll(a, sa); err == nil {
			return nil
		}
	}
	return err
}

// bindAll makes a socket for each loop, or one that deals out.
func (lis *Listener) bindAll(a address.Address, sa rawsock.Sockaddr) error {
	n := 1
	if len(lis.g.loops) > 1 && reuseportSpreads && !a.IsUnix() {
		n = len(lis.g.loops)
	}
	lis.addr = sa
	for range n {
		fd, err := lis.bind(a, n > 1)
		if err != nil {
			lis.abandon()
			return err
		}
		lis.acceptors = append(lis.acceptors, &acceptor{
			listener: lis, fd: fd, deals: n < len(lis.g.loops),
		})
		a.Options.ReusePort = true
	}
	return nil
}

// bind makes one listening socket on lis.addr, where it leaves the address that
// the kernel chose. The first of several that share the port sets SO_REUSEPORT
// only when it is bound: a port that another process has is busy, even if that
// process would share it.
func (lis *Listener) bind(a address.Address, shared bool) (_ int, err error) {
	k, where := lis.g.k, lis.addr
	fail := func(call string, e sys.Errno) error {
		return &ListenError{Call: call, Address: lis.network + " " + text(where), Err: e}
	}
	fd, e := k.Socket(where.Family(), unix.SOCK_STREAM, 0)
	if e != 0 {
		return -1, fail("socket", e)
	}
	defer func() {
		if err != nil {
			k.Close(fd)
		}
	}()
	if e := setOptions(k, fd, listenOptions(a, where.Family())); e != 0 {
		return -1, fail("setsockopt", e)
	}
	var raw sys.RawSockaddr
	raw.Len = uint32(len(where.AppendTo(raw.Data[:0])))
	if e := k.Bind(fd, &raw); e != 0 {
		return -1, fail("bind", e)
	}
	if shared {
		if e := setOptions(k, fd, []intOption{reusePort}); e != 0 {
			return -1, fail("setsockopt", e)
		}
	}
	lis.noteFile(k)
	if err := lis.g.cfg.OnListener(rawsock.FD(fd)); err != nil {
		return -1, &ListenError{Call: "OnListener", Address: lis.network + " " + text(where), Err: err}
	}
	backlog := a.Options.Backlog
	if backlog == 0 {
		backlog = defaultBacklog
	}
	if e := k.Listen(fd, backlog); e != 0 {
		return -1, fail("listen", e)
	}
	if e := k.Getsockname(fd, &raw); e != 0 {
		return -1, fail("getsockname", e)
	}
	lis.addr, err = rawsock.SockaddrFromBytes(raw.Bytes())
	return fd, err
}

type intOption struct{ level, name, value int }

var reusePort = intOption{unix.SOL_SOCKET, unix.SO_REUSEPORT, 1}

func setOptions(k sys.Kernel, fd int, opts []intOption) sys.Errno {
	for _, o := range opts {
		if e := k.Setsockopt(fd, o.level, o.name, binary.NativeEndian.AppendUint32(nil, uint32(o.value))); e != 0 {
			return e
		}
	}
	return 0
}

// listenOptions are set before bind.
func listenOptions(a address.Address, family int) []intOption {
	opts := inheritedOptions(a, !a.IsUnix())
	if !a.IsUnix() {
		opts = append(opts, intOption{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1})
	}
	if family == unix.AF_INET6 {
		only := 0
		if a.Network == "tcp6" {
			only = 1
		}
		opts = append(opts, intOption{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only})
	}
	if a.Options.ReusePort {
		opts = append(opts, reusePort)
	}
	return opts
}

// inheritedOptions are those that Linux gives from a listener to the sockets
// that it accepts, so that accepting costs one call.
func inheritedOptions(a address.Address, isTCP bool) []intOption {
	var opts []intOption
	if isTCP {
		noDelay := 1
		if a.Options.NoDelay != nil && !*a.Options.NoDelay {
			noDelay = 0
		}
		opts = append(opts, intOption{unix.IPPROTO_TCP, unix.TCP_NODELAY, noDelay})
	}
	for _, o := range []intOption{
		{unix.SOL_SOCKET, unix.SO_RCVBUF, a.Options.RcvBuf},
		{unix.SOL_SOCKET, unix.SO_SNDBUF, a.Options.SndBuf},
	} {
		if o.value > 0 {
			opts = append(opts, o)
		}
	}
	return opts
}

// abandon undoes what bindAll did before it failed.
func (lis *Listener) abandon() {
	for _, a := range lis.acceptors {
		lis.g.k.Close(a.fd)
	}
	lis.acceptors = nil
	lis.unlink(lis.g.k)
}

// noteFile remembers which file bind made.
func (lis *Listener) noteFile(k sys.Kernel) {
	name, kind := lis.addr.Unix()
	if kind != rawsock.UnixPath {
		return
	}
	if id, e := k.FileID(name); e == 0 {
		lis.path, lis.file = name, id
	}
}

// unlink removes the socket's file, unless another has taken its place.
func (lis *Listener) unlink(k sys.Kernel) {
	if lis.path == "" {
		return
	}
	lis.once.Do(func() {
		if id, e := k.FileID(lis.path); e == 0 && id == lis.file {
			k.Unlink(lis.path)
		}
	})
}
