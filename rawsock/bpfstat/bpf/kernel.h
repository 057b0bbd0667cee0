/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the programs use of the kernel, and no more: the fields they read, under
 * preserve_access_index, so that the loader puts in the offsets of the kernel
 * that runs; and the helpers they call, by number (include/uapi/linux/bpf.h).
 */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int (*name)[value]
#define __type(name, type) typeof(type) *name
#define inline __attribute__((always_inline)) inline

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ntohs(x) __builtin_bswap16(x)
#define htonl(x) __builtin_bswap32(x)
#else
#define ntohs(x) (x)
#define htonl(x) (x)
#endif

#define AF_INET6 10
#define IPPROTO_TCP 6
#define EAGAIN 11
#define MSG_PEEK 0x2
#define MSG_ERRQUEUE 0x2000

enum { BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_PERCPU_ARRAY = 6, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY = 20, BPF_MAP_TYPE_SK_STORAGE = 24 };
enum { BPF_F_NO_PREALLOC = 1 << 0, BPF_F_CLONE = 1 << 9 };
enum { BPF_SK_STORAGE_GET_F_CREATE = 1 };

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static u32 (*const bpf_get_smp_processor_id)(void) = (void *)8;
static u64 (*const bpf_get_socket_cookie)(void *sk) = (void *)46;
static long (*const bpf_skb_load_bytes_relative)(const void *ctx, u32 offset, void *to, u32 len, u32 start) = (void *)68;
static long (*const bpf_sk_select_reuseport)(void *ctx, void *map, void *key, u64 flags) = (void *)82;
static void *(*const bpf_sk_storage_get)(void *map, void *sk, void *value, u64 flags) = (void *)107;
static long (*const bpf_seq_write)(void *seq, const void *data, u32 len) = (void *)127;
static void *(*const bpf_skc_to_tcp_sock)(void *sk) = (void *)137;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	union {
		u8 u6_addr8[16];
	} in6_u;
};

struct sock_common {
	u32 skc_daddr;
	u32 skc_rcv_saddr;
	u16 skc_dport; /* network order */
	u16 skc_num;
	u16 skc_family;
	volatile u8 skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	unsigned long skc_flags; /* bits of enum sock_flags */
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_type;
	u16 sk_protocol;
};

struct tcp_sock {
	u32 segs_in, segs_out;
	u32 data_segs_in, data_segs_out;
	u32 total_retrans;
	u32 srtt_us; /* eight times the smoothed round trip */
	u64 bytes_received, bytes_sent, bytes_retrans, bytes_acked;
	u32 rcv_nxt, copied_seq;
	u32 write_seq, snd_nxt, snd_una;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

#pragma clang attribute pop

/* enum tcp_state, include/net/tcp_states.h */
enum { TCP_ESTABLISHED = 1, TCP_SYN_SENT = 2, TCP_FIN_WAIT1 = 4, TCP_CLOSE = 7, TCP_LAST_ACK = 9, TCP_LISTEN = 10 };
enum { SOCK_DONE = 1 }; /* of enum sock_flags: the peer's FIN has come */

/* The context of iter/bpf_sk_storage_map is part of the user API: no relocation. */
struct bpf_iter__bpf_sk_storage_map {
	struct bpf_iter_meta *meta __attribute__((aligned(8)));
	void *map __attribute__((aligned(8)));
	struct sock *sk __attribute__((aligned(8)));
	void *value __attribute__((aligned(8)));
};
