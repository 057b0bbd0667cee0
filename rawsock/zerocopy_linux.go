package rawsock

import "golang.org/x/sys/unix"

// ZerocopyRange says which calls with MSG_ZEROCOPY the kernel has finished with:
// their buffers may be written again. Calls are counted from 0 for each socket,
// modulo 2^32; one that failed, or that sent no data, does not count.
type ZerocopyRange struct {
	Lo, Hi uint32 // the first and the last of them
	Copied bool   // the kernel copied the data after all: zerocopy only cost time
}

// Len is how many calls there are in the range.
func (r ZerocopyRange) Len() uint32 { return r.Hi - r.Lo + 1 }

// Has reports whether call is in the range.
func (r ZerocopyRange) Has(call uint32) bool { return call-r.Lo <= r.Hi-r.Lo }

// Zerocopy returns the range that e is about
// (Documentation/networking/msg_zerocopy.rst). Linux 4.14 for TCP, 5.0 for UDP.
func (e ExtendedErr) Zerocopy() (ZerocopyRange, bool) {
	if e.Origin != unix.SO_EE_ORIGIN_ZEROCOPY || e.Errno != 0 {
		return ZerocopyRange{}, false
	}
	return ZerocopyRange{Lo: e.Info, Hi: e.Data, Copied: e.Code&unix.SO_EE_CODE_ZEROCOPY_COPIED != 0}, true
}
