//go:build linux && (mips || mipsle || mips64 || mips64le)

package sys

// fionbio is FIONBIO of mips' <asm/ioctls.h>.
const fionbio = 0x667e
