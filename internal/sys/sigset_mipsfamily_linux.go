//go:build linux && (mips || mipsle || mips64 || mips64le)

package sys

// sizeofSigset is sizeof(sigset_t) in a kernel that has 128 signals.
const sizeofSigset = 16
