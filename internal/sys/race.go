//go:build race

package sys

import (
	"runtime"
	"unsafe"
)

// ioSync orders what was written before a send with what is read after a
// receive, which the race detector cannot see through the kernel.
var ioSync int64

func raceAcquireIO() { runtime.RaceAcquire(unsafe.Pointer(&ioSync)) }

func raceReleaseIO() { runtime.RaceReleaseMerge(unsafe.Pointer(&ioSync)) }

func raceWroteRange(p []byte, n int) {
	if n = min(n, len(p)); n > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(&p[0]), n)
	}
}

func raceReadRange(p []byte, n int) {
	if n = min(n, len(p)); n > 0 {
		runtime.RaceReadRange(unsafe.Pointer(&p[0]), n)
	}
}

// raceBuffers tells of the first n bytes of buffers with one of the two above.
func raceBuffers(buffers [][]byte, n int, tell func([]byte, int)) {
	for _, b := range buffers {
		tell(b, n)
		n -= len(b)
	}
}
