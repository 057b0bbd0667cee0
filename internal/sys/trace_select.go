package sys

import (
	"encoding/binary"
	"time"
	"unsafe"
)

// The records of select and pselect6, which make the call too, as those of
// poll.

func traceSelect(nfds int, sets FdSets, timeout *time.Duration) (int, Errno) {
	if selectIsPselect6 {
		return tracePselect(nfds, sets, timeout, nil)
	}
	before := append(setsIn(sets), timevalIn(timeout))
	n, e := selectFds(nfds, sets, timeout)
	after := append(setsIn(sets), timevalIn(timeout))
	traceSets("select", nfds, before, after, n, e)
	return n, e
}

func tracePselect(nfds int, sets FdSets, timeout *time.Duration, mask *Sigset) (int, Errno) {
	before := append(setsIn(sets), timeoutBefore(timeout))
	n, e := pselect(nfds, sets, timeout, mask)
	after := append(setsIn(sets), timeoutBefore(timeout))
	traceSets(pselect6Name, nfds, before, after, n, e, maskAndSize(mask))
	return n, e
}

// traceSets joins what memory was before the call and after it.
func traceSets(name string, nfds int, before, after []Arg, n int, e Errno, mask ...Arg) {
	for i := range before {
		if last := i == len(before)-1; e == 0 || last { // the kernel always writes the timeout
			before[i].Out = after[i].In
		}
	}
	args := append([]Arg{num(nfds)}, before...)
	trace(name, n, e, append(args, mask...)...)
}

// maskAndSize is a struct of the mask's address and size, both of which pselect6
// has as one argument.
func maskAndSize(mask *Sigset) Arg {
	m := maskIn(mask)
	return Arg{Word: unknown, Iov: []Block{{Addr: m.Word, Size: sizeofSigset, Data: m.In}}}
}

func setsIn(sets FdSets) []Arg {
	return []Arg{setIn(sets.Read), setIn(sets.Write), setIn(sets.Except)}
}

func setIn(set *FdSet) Arg {
	if set == nil {
		return null()
	}
	b, _ := binary.Append(nil, binary.NativeEndian, set)
	return Arg{Word: uintptr(unsafe.Pointer(set)), In: b}
}

// timevalIn is a struct timeval that the call reads, both fields of 64 bits.
func timevalIn(timeout *time.Duration) Arg {
	if timeout == nil {
		return null()
	}
	sec, usec := microseconds(*timeout)
	b := binary.NativeEndian.AppendUint64(nil, uint64(sec))
	b = binary.NativeEndian.AppendUint64(b, uint64(usec))
	return Arg{Word: uintptr(unsafe.Pointer(timeout)), In: b}
}
