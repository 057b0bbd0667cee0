//go:build linux && !mips && !mipsle && !mips64 && !mips64le && !ppc && !ppc64 && !ppc64le && !sparc64

package sys

// FIONBIO is FIONBIO of <asm-generic/ioctls.h>, which x/sys lacks on Linux.
const FIONBIO = 0x5421
