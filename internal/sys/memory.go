package sys

import "unsafe"

// Memory returns the bytes of *p, as they are in memory: what the kernel reads
// and writes for a struct that is laid out as in C. T must hold no pointers. The
// bytes are *p itself, not a copy.
func Memory[T any](p *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p))
}
