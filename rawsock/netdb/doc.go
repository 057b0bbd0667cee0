// Package netdb looks up hosts, services, protocols and interfaces as the C
// library does: getaddrinfo(3) and its family, without cgo.
//
// [Getaddrinfo] takes hints and gives rows in the order of RFC 6724, [GethostbynameEx]
// and [Gethostbyaddr] give canonical names and aliases, and [GaiError] and [HostError]
// carry the C library's codes and texts. Package net has none of these. The model
// is the GNU C library on Linux, and its answers are what the tests compare with;
// where Python's socket module wraps a call, the names and the special forms are
// Python's.
//
// A [Resolver] says where to look. Its zero value, which the functions of this
// package use, reads /etc/hosts, /etc/services, /etc/protocols, /etc/nsswitch.conf
// and /etc/resolv.conf, again when they have changed, and asks the name servers
// over UDP, and over TCP if an answer is cut. Of the sources of nsswitch.conf it has
// files and dns, and goes on past all others. It does not do IDNA: a name in another
// script has to come in its xn-- form.
//
// What comes from a name server is not trusted: an answer counts if it has the id
// and the question of a query that was sent from a random port; its names must be
// such that a host can have them; aliases that go in a circle, compression that does,
// and records without end are errors. A context ends every lookup.
//
// The inet_* functions have the C library's forms, which differ from package netip's:
// [InetAton] takes "127.1" and "0x7f.1", and [InetNtop] writes "::1.2.3.4".
package netdb
