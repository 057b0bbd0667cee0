package bpfsteer

// As in package bpfstat. Atomic counters that return their value need v3.
//go:generate go run -modfile=../../tools/go.mod github.com/cilium/ebpf/cmd/bpf2go -cc clang-14 -strip llvm-strip-14 -cflags "-Wall -Wextra -Werror -mcpu=v3" -target bpfel,bpfeb -tags linux -no-global-types programs bpf/steer.c
