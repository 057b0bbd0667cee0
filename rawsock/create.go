package rawsock

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// DefaultBacklog is what CreateServer gives to Listen, as Python does.
const DefaultBacklog = min(unix.SOMAXCONN, 128)

// ErrNoAddress is CreateServer's and CreateConnection's answer to an empty list.
var ErrNoAddress = errors.New("rawsock: no address")

// CallError says which system call failed for which address. errors.Is sees what
// it returned.
type CallError struct {
	Call string // "bind"
	Addr Sockaddr
	Err  error
}

func (e *CallError) Error() string { return e.Call + " " + e.Addr.String() + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *CallError) Unwrap() error { return e.Err }

// ServerConfig is how CreateServer makes a server. Its zero value is Python's
// default.
type ServerConfig struct {
	// Backlog is for listen(2); 0 means DefaultBacklog.
	Backlog int
	// ReusePort sets SO_REUSEPORT: other sockets of this user that set it too
	// may listen on the same port.
	ReusePort bool
	// DualStack lets a server on an IPv6 wildcard address accept IPv4 as well.
	// Without it an IPv6 server is for IPv6 only, whatever the system's default.
	DualStack bool
}

// ConnectionConfig is how CreateConnection connects. Its zero value is Python's
// default.
type ConnectionConfig struct {
	// Timeout is the Sock's timeout, and limits each attempt to connect on its
	// own; 0 means the default timeout.
	Timeout time.Duration
	// Source is bound to before connecting, unless it is the zero Sockaddr. Its
	// family must be that of the addresses.
	Source Sockaddr
}

// CreateServer makes a stream socket that listens on the first of addrs that it
// can be bound to. SO_REUSEADDR is set, so that a server can start again while
// connections of its predecessor are in TIME_WAIT.
//
// If none can be had, the error joins a *CallError for each. ErrNoAddress: there
// is none. EINVAL (in a CallError): DualStack with an address that is not IPv6.
// errors.ErrUnsupported: DualStack where the system has none.
func CreateServer(addrs []Sockaddr, cfg ServerConfig) (*Sock, error) {
	if cfg.DualStack && !HasDualstackIPv6() {
		return nil, errors.ErrUnsupported
	}
	return firstOf(addrs, cfg.listen)
}

// CreateConnection returns a stream socket that is connected to the first of
// addrs that takes a connection; they are tried in order, one at a time.
//
// If none does, the error joins a *CallError for each; of one that took too long
// it is os.ErrDeadlineExceeded. ErrNoAddress: there is none. EINVAL: a Timeout
// that SetTimeout does not take.
func CreateConnection(addrs []Sockaddr, cfg ConnectionConfig) (*Sock, error) {
	if !validTimeout(cfg.Timeout) {
		return nil, unix.EINVAL
	}
	return firstOf(addrs, cfg.connect)
}

// firstOf makes a socket for each address until prepare is content with one.
func firstOf(addrs []Sockaddr, prepare func(*Sock, Sockaddr) error) (*Sock, error) {
	if len(addrs) == 0 {
		return nil, ErrNoAddress
	}
	var errs []error
	for _, sa := range addrs {
		s, err := NewSock(sa.Family(), unix.SOCK_STREAM, 0)
		if err != nil {
			errs = append(errs, &CallError{"socket", sa, err})
			continue
		}
		if err = prepare(s, sa); err == nil {
			return s, nil
		}
		_ = s.Close()
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// listen makes a new socket a server on sa.
func (cfg ServerConfig) listen(s *Sock, sa Sockaddr) error {
	inet6 := sa.Family() == unix.AF_INET6
	if cfg.DualStack && !inet6 {
		return &CallError{"setsockopt", sa, unix.EINVAL}
	}
	options := []struct {
		wanted             bool
		level, name, value int
	}{
		{true, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1},
		{cfg.ReusePort, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1},
		{inet6, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, cInt(!cfg.DualStack)},
	}
	for _, o := range options {
		if !o.wanted {
			continue
		}
		if err := s.SetsockoptInt(o.level, o.name, o.value); err != nil {
			return &CallError{"setsockopt", sa, err}
		}
	}
	if err := s.Bind(sa); err != nil {
		return &CallError{"bind", sa, err}
	}
	backlog := cfg.Backlog
	if backlog == 0 {
		backlog = DefaultBacklog
	}
	if err := s.Listen(backlog); err != nil {
		return &CallError{"listen", sa, err}
	}
	return nil
}

// connect connects a new socket to sa.
func (cfg ConnectionConfig) connect(s *Sock, sa Sockaddr) error {
	if cfg.Timeout != 0 {
		if err := s.SetTimeout(cfg.Timeout); err != nil {
			return &CallError{"ioctl", sa, err}
		}
	}
	if !cfg.Source.IsZero() {
		if err := s.Bind(cfg.Source); err != nil {
			return &CallError{"bind", cfg.Source, err}
		}
	}
	if err := s.Connect(sa); err != nil {
		return &CallError{"connect", sa, err}
	}
	return nil
}

// HasIPv6 reports whether this system makes IPv6 sockets.
func HasIPv6() bool { return canMakeInet6(func(FD) error { return nil }) }

// HasDualstackIPv6 reports whether an IPv6 socket of this system can serve IPv4
// too: whether IPV6_V6ONLY can be cleared.
func HasDualstackIPv6() bool {
	return canMakeInet6(func(fd FD) error { return fd.SetsockoptInt(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0) })
}

func canMakeInet6(try func(FD) error) bool {
	s, err := NewSock(unix.AF_INET6, unix.SOCK_STREAM, 0)
	if err != nil {
		return false
	}
	defer s.Close()
	return try(s.FD) == nil
}

func cInt(on bool) int {
	if on {
		return 1
	}
	return 0
}
