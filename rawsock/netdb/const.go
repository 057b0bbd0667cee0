package netdb

// Flags of getaddrinfo(3), with the numbers of Linux on every system: they never
// reach a kernel.
const (
	AI_PASSIVE     = 0x1   // without a node: the wildcard address instead of loopback
	AI_CANONNAME   = 0x2   // the first row has the canonical name
	AI_NUMERICHOST = 0x4   // the node is an address; nothing is looked up
	AI_V4MAPPED    = 0x8   // for AF_INET6: IPv4 addresses mapped into IPv6 if there are no others
	AI_ALL         = 0x10  // with AI_V4MAPPED: the mapped ones as well
	AI_ADDRCONFIG  = 0x20  // only families of which this host has an address beside 127.0.0.1 and ::1
	AI_NUMERICSERV = 0x400 // the service is a number; nothing is looked up

	aiKnown = AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_V4MAPPED | AI_ALL | AI_ADDRCONFIG | AI_NUMERICSERV
)

// Flags of getnameinfo(3), and the sizes that suffice for its results in C.
const (
	NI_NUMERICHOST = 1  // the address, not a name
	NI_NUMERICSERV = 2  // the port, not a name
	NI_NOFQDN      = 4  // only the first part of the name of a host of this domain
	NI_NAMEREQD    = 8  // a host without a name is an error
	NI_DGRAM       = 16 // the service's name for udp, where it differs from that for tcp

	NI_MAXHOST = 1025
	NI_MAXSERV = 32

	niKnown = NI_NUMERICHOST | NI_NUMERICSERV | NI_NOFQDN | NI_NAMEREQD | NI_DGRAM
)

// Ports of <netinet/in.h>; rawsock has IPPORT_RESERVED and IPPORT_USERRESERVED.
const (
	IPPORT_ECHO        = 7
	IPPORT_DISCARD     = 9
	IPPORT_SYSTAT      = 11
	IPPORT_DAYTIME     = 13
	IPPORT_NETSTAT     = 15
	IPPORT_FTP         = 21
	IPPORT_TELNET      = 23
	IPPORT_SMTP        = 25
	IPPORT_TIMESERVER  = 37
	IPPORT_NAMESERVER  = 42
	IPPORT_WHOIS       = 43
	IPPORT_MTP         = 57
	IPPORT_TFTP        = 69
	IPPORT_RJE         = 77
	IPPORT_FINGER      = 79
	IPPORT_TTYLINK     = 87
	IPPORT_SUPDUP      = 95
	IPPORT_EXECSERVER  = 512
	IPPORT_LOGINSERVER = 513
	IPPORT_CMDSERVER   = 514
	IPPORT_EFSSERVER   = 520
	IPPORT_BIFFUDP     = 512
	IPPORT_WHOSERVER   = 513
	IPPORT_ROUTESERVER = 520
)
