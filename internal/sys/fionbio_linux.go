//go:build linux && !mips && !mipsle && !mips64 && !mips64le && !ppc && !ppc64 && !ppc64le && !sparc64

package sys

// fionbio is FIONBIO of <asm-generic/ioctls.h>, which x/sys lacks on Linux.
const fionbio = 0x5421
