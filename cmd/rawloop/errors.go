package main

import (
	"errors"
	"net"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// opError is the form of every network error: the call, the address and the reason, and what to do where that is known.
type opError struct {
	call string
	addr string // "tcp 127.0.0.1:80", "unix /run/x.sock"
	err  error
}

func (e *opError) Error() string {
	text := e.call + " " + e.addr + ": " + reason(e.err)
	if hint := hint(e.call, e.addr, e.err); hint != "" {
		text += " (" + hint + ")"
	}
	return text
}

func (e *opError) Unwrap() error { return e.err }

// reason strips what package net puts around the text of an error: call and address are already there.
func reason(err error) string {
	var (
		errno unix.Errno
		dns   *net.DNSError
	)
	switch {
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &dns):
		return dns.Err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "timed out"
	}
	return err.Error()
}

// hints says what to do about an errno that a call returned for a kind of address.
var hints = []struct {
	call, kind string
	errno      unix.Errno
	text       string
}{
	{"bind", "tcp", unix.EACCES, "ports below 1024 need CAP_NET_BIND_SERVICE"},
	{"bind", "tcp", unix.EADDRINUSE, "ss -ltnp shows who listens; port 0 takes a free one"},
	{"listen", "tcp", unix.EADDRINUSE, "ss -ltnp shows who listens; port 0 takes a free one"},
	{"bind", "tcp", unix.EADDRNOTAVAIL, "no interface of this machine has that address"},
	{"bind", "unix @", unix.EADDRINUSE, "ss -lx shows who listens"},
	{"bind", "unix", unix.EADDRINUSE, "the path exists; remove it if no server uses it"},
	{"bind", "unix", unix.EACCES, "the directory must be writable"},
	{"bind", "unix", unix.ENOENT, "the directory does not exist"},
	{"bind", "unix", unix.ENOTDIR, "part of the path is not a directory"},
	{"connect", "tcp", unix.ECONNREFUSED, "nothing listens there"},
	{"connect", "tcp", unix.EADDRNOTAVAIL, "every local port towards that address is in use"},
	{"connect", "unix @", unix.ECONNREFUSED, "nothing listens there"},
	{"connect", "unix", unix.ECONNREFUSED, "the path exists, but no server listens on it"},
	{"connect", "unix", unix.ENOENT, "no such socket"},
	{"connect", "unix", unix.EPROTOTYPE, "it is not a stream socket"},
	{"", "", unix.EMFILE, "ulimit -n raises the limit of open files"},
	{"socket", "tcp [", unix.EAFNOSUPPORT, "this system has no IPv6"},
}

func hint(call, addr string, err error) string {
	for _, h := range hints {
		if (h.call == "" || h.call == call) && strings.HasPrefix(addr, h.kind) && errors.Is(err, h.errno) {
			return h.text
		}
	}
	return ""
}
