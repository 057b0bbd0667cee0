package sys

import "unsafe"

// noBytes is what a call with an empty buffer points at.
var noBytes byte

func bytesPointer(p []byte) unsafe.Pointer {
	if len(p) == 0 {
		return unsafe.Pointer(&noBytes)
	}
	return unsafe.Pointer(unsafe.SliceData(p))
}
