package rawsock

// Options of UDP, udp(7).
var (
	// UDPCork collects what is sent into one datagram until it is turned off.
	UDPCork = Option[bool]{&OptionInfo{Name: "UDP_CORK", Level: levelUDP, Number: optUDPCork, Since: "2.5.44", Man: "udp(7)"}, &asBool}

	// UDPEncap is what the datagrams enclose (UDP_ENCAP_…).
	UDPEncap = Option[int]{&OptionInfo{Name: "UDP_ENCAP", Level: levelUDP, Number: optUDPEncap, Since: "2.5.67", Man: "linux/udp.h"}, &asInt}

	// UDPNoCheck6Tx sends datagrams over IPv6 without a checksum.
	UDPNoCheck6Tx = Option[bool]{&OptionInfo{Name: "UDP_NO_CHECK6_TX", Level: levelUDP, Number: optUDPNoCheck6Tx, Since: "3.16", Man: "linux/udp.h"}, &asBool}

	// UDPNoCheck6Rx takes datagrams over IPv6 that have no checksum.
	UDPNoCheck6Rx = Option[bool]{&OptionInfo{Name: "UDP_NO_CHECK6_RX", Level: levelUDP, Number: optUDPNoCheck6Rx, Since: "3.16", Man: "linux/udp.h"}, &asBool}

	// UDPSegment cuts what is sent into datagrams of this size; 0 does not.
	UDPSegment = Option[int]{&OptionInfo{Name: "UDP_SEGMENT", Level: levelUDP, Number: optUDPSegment, Since: "4.18", Man: "linux/udp.h"}, &asInt}

	// UDPGRO delivers datagrams of one size together, with the size as control message UDP_GRO.
	UDPGRO = Option[bool]{&OptionInfo{Name: "UDP_GRO", Level: levelUDP, Number: optUDPGRO, Since: "5.0", Man: "linux/udp.h"}, &asBool}
)

var udpRows = []option{
	UDPCork, UDPEncap, UDPNoCheck6Tx, UDPNoCheck6Rx, UDPSegment,
	UDPGRO,
}

// Options of UDP-Lite, udplite(7).
var (
	// UDPLiteSendCscov is how many bytes of a datagram sent its checksum covers; 0 is all.
	UDPLiteSendCscov = Option[int]{&OptionInfo{
		Name: "UDPLITE_SEND_CSCOV", Level: levelUDPLite, Number: optUDPLiteSendCscov, Since: "2.6.20", Man: "udplite(7)",
		Reads: "1 to 7 as 8",
	}, &asInt}

	// UDPLiteRecvCscov is how many bytes a datagram's checksum must cover; 0 is all.
	UDPLiteRecvCscov = Option[int]{&OptionInfo{
		Name: "UDPLITE_RECV_CSCOV", Level: levelUDPLite, Number: optUDPLiteRecvCscov, Since: "2.6.20", Man: "udplite(7)",
		Reads: "1 to 7 as 8",
	}, &asInt}
)

var udpliteRows = []option{
	UDPLiteSendCscov, UDPLiteRecvCscov,
}
