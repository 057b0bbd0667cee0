package netdb

import (
	"net"
	"net/netip"
	"time"
)

// Resolver looks up names as the C library does. Its zero value reads the
// system's files and asks its name servers; the functions of this package use
// such a one. Set the fields before the first call. A Resolver must not be copied
// after that; any number of goroutines may use it.
type Resolver struct {
	// The files, and where they are if these are "". Each is read again when it has
	// changed. At most 64 MiB of a file are read.
	Hosts      string // /etc/hosts
	Services   string // /etc/services; where it is missing, a table of the common ones serves
	Protocols  string // /etc/protocols; where it is missing, a table of the common ones serves
	ResolvConf string // /etc/resolv.conf; where it is missing, the name server is 127.0.0.1:53
	Nsswitch   string // /etc/nsswitch.conf; where it is missing, the order is files, then dns

	// Servers replaces the name servers of resolv.conf, which cannot say a port.
	Servers []netip.AddrPort

	// Timeout is how long the first name server has to answer, and Attempts how
	// often all are asked; 0 means what resolv.conf says, or 5 s and 2.
	Timeout  time.Duration
	Attempts int

	// Net, if not nil, is asked instead of the name servers. It knows no aliases.
	Net *net.Resolver

	hosts, services, protocols, resolv, nsswitch file
	turn                                         rotation
}

// std is the Resolver of the package's functions.
var std Resolver

func or(path, usual string) string {
	if path == "" {
		return usual
	}
	return path
}
