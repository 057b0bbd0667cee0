// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Chooses the socket of a SO_REUSEPORT group that gets a datagram, a new TCP
 * connection, or the connections of a listener that has left.
 */
#include "../../bpfstat/bpf/kernel.h"

#define MAX_KEY 32
#define TRIES 64
#define UDP_HEADER 8
#define BPF_HDR_START_NET 1
#define SK_PASS 1
#define ETH_P_IP 0x0800
#define AF_INET 2

enum { ROUND_ROBIN, BY_CPU, BY_KEY };

/* The part of the user API's struct bpf_sock and struct sk_reuseport_md that is read here. */
struct bpf_sock {
	u32 bound_dev_if, family, type, protocol, mark, priority;
	u32 src_ip4, src_ip6[4], src_port;
	u16 dst_port, : 16;
	u32 dst_ip4, dst_ip6[4];
};

struct sk_reuseport_md {
	void *data __attribute__((aligned(8)));
	void *data_end __attribute__((aligned(8)));
	u32 len, eth_protocol, ip_protocol, bind_inany, hash;
	struct bpf_sock *sk __attribute__((aligned(8)));
	struct bpf_sock *migrating_sk __attribute__((aligned(8)));
};

static long (*const bpf_skb_load_bytes)(const void *ctx, u32 offset, void *to, u32 len) = (void *)26;

/* Set before loading. */
const volatile u32 policy = ROUND_ROBIN;
const volatile u32 slots = 1;
const volatile u32 key_offset = 0, key_size = 0; /* of the payload of UDP; without a size it is the peer's address */

struct {
	__uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} members SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} turn SEC(".maps");

/* Every bit of the result depends on every bit of the word: slots are few, and taken from the lowest. */
static inline u32 mix(u32 h, u32 word)
{
	h = (h ^ word) * 0x85ebca6b;
	h = (h ^ h >> 13) * 0xc2b2ae35;
	return h ^ h >> 16;
}

/* What is known of the peer when its packet is not at hand: the same that its packet has, also if it came to a socket of AF_INET6 by IPv4. */
static inline void peer_of(struct bpf_sock *sk, u32 *key)
{
	if (sk->family == AF_INET) {
		key[0] = sk->dst_ip4;
		return;
	}
	if (!sk->dst_ip6[0] && !sk->dst_ip6[1] && sk->dst_ip6[2] == htonl(0xffff)) {
		key[0] = sk->dst_ip6[3];
		return;
	}
	key[0] = sk->dst_ip6[0];
	key[1] = sk->dst_ip6[1];
	key[2] = sk->dst_ip6[2];
	key[3] = sk->dst_ip6[3];
}

/* A hash of the key, or the kernel's of the flow where there is no such key. */
static inline u32 hash_of_key(struct sk_reuseport_md *ctx)
{
	u32 key[MAX_KEY / 4] = {}, size = key_size, h = 0, i;
	long err;

	if (size > MAX_KEY)
		size = MAX_KEY;
	if (size)
		err = bpf_skb_load_bytes(ctx, UDP_HEADER + key_offset, key, size);
	else if (ctx->eth_protocol == ntohs(ETH_P_IP))
		err = bpf_skb_load_bytes_relative(ctx, 12, key, 4, BPF_HDR_START_NET);
	else
		err = bpf_skb_load_bytes_relative(ctx, 8, key, 16, BPF_HDR_START_NET);
	/* A connection from the queue of a listener comes without a packet. */
	if (!size && ctx->migrating_sk) {
		peer_of(ctx->migrating_sk, key);
		err = 0;
	}
	if (err)
		return ctx->hash;
#pragma unroll
	for (i = 0; i < MAX_KEY / 4; i++)
		h = mix(h, key[i]);
	return h;
}

static inline u32 first(struct sk_reuseport_md *ctx)
{
	u32 zero = 0, *next;

	switch (policy) {
	case BY_CPU:
		return bpf_get_smp_processor_id();
	case BY_KEY:
		return hash_of_key(ctx);
	}
	next = bpf_map_lookup_elem(&turn, &zero);
	return next ? __sync_fetch_and_add(next, 1) : 0;
}

/*
 * Where a slot is empty, by turns and by CPU the next one has its place. A key
 * tries the slots in an order of its own: those that are there keep their keys,
 * whatever leaves and comes back.
 */
SEC("sk_reuseport/migrate")
int rawloop_steer(struct sk_reuseport_md *ctx)
{
	u32 n = first(ctx), slot, i;

	for (i = 0; i < TRIES; i++) {
		slot = (policy == BY_KEY ? mix(n, i) : n + i) % slots;
		if (bpf_sk_select_reuseport(ctx, &members, &slot, 0) == 0)
			break;
	}
	return SK_PASS; /* without a socket the kernel takes its own choice */
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
