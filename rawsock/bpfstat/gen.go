package bpfstat

// The objects are committed, so that building needs no clang. To make them
// again: Debian's packages clang-14 and llvm-14 (14.0.6), and go generate.
//go:generate go run -modfile=../../tools/go.mod github.com/cilium/ebpf/cmd/bpf2go -cc clang-14 -strip llvm-strip-14 -cflags "-Wall -Wextra -Werror" -target bpfel,bpfeb -tags linux -type listed_socket -type calls -type tcp_counts -type histogram programs bpf/counters.c
