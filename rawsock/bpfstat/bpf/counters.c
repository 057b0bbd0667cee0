// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Counters of watched sockets. A socket is watched when it has an entry in the
 * map sockets; an accepted socket gets a copy of its listener's (BPF_F_CLONE).
 * All other sockets of the machine end at the first look-up.
 *
 * Counts are added atomically even where they are per CPU: a program can be
 * preempted by another one on its CPU, and by a soft interrupt.
 */
#include "kernel.h"

#define BUCKETS 24

/* Each call is in one of done, again and errors: whoever adds them up never sees the sum fall. */
struct calls {
	u64 recv_done, recv_bytes, recv_again, recv_errors;
	u64 send_done, send_bytes, send_again, send_errors;
};

/* ACTIVE: the connection was made from here. SUMMED: what it came to is in the totals. */
enum { OPENED = 1, FIN_QUEUED = 2, ACTIVE = 4, SUMMED = 8 };

struct socket_counts {
	struct calls calls;
	u32 state;  /* OPENED and the like */
	u32 unread; /* when it was SUMMED */
};

/* Bucket 0 counts what is below 1 us, bucket i what is below 2^i us, the last all the rest. */
struct histogram {
	u64 sum; /* us */
	u64 count[BUCKETS];
};

struct wake_counts {
	u64 since; /* ktime at which data became ready that nobody has read; 0 without */
	struct histogram wait;
};

struct tcp_counts {
	u64 received, unread, sent, unsent, retransmitted;
	u64 segs_in, segs_out, data_segs_in, data_segs_out, retransmits;
};

struct total_counts {
	u64 opened, closed;
	struct tcp_counts tcp;
	struct histogram rtt;
	struct calls calls;
	struct histogram wait;
};

/* What list writes for a socket, with a wake_counts behind it if has_wait. */
struct listed_socket {
	u64 cookie;
	u16 family, type, protocol, local_port, remote_port;
	u8 state, has_wait;
	u32 rtt; /* us */
	u8 local[16], remote[16];
	struct calls calls;
	struct tcp_counts tcp;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct socket_counts);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct wake_counts);
} wakes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct total_counts);
} totals SEC(".maps");

/* Whether waits are counted, set before loading. */
const volatile u8 count_waits = 0;

#define add(where, n) __sync_fetch_and_add(&(where), n)

static inline struct total_counts *total(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&totals, &zero);
}

static inline void observe(struct histogram *h, u64 us)
{
	u32 bucket = 0;
	u64 v = us;

	if (v >> 32) {
		bucket = BUCKETS - 1;
	} else {
		if (v >> 16) { bucket += 16; v >>= 16; }
		if (v >> 8) { bucket += 8; v >>= 8; }
		if (v >> 4) { bucket += 4; v >>= 4; }
		if (v >> 2) { bucket += 2; v >>= 2; }
		bucket += v > 1 ? 2 : v;
	}
	if (bucket > BUCKETS - 1)
		bucket = BUCKETS - 1;
	add(h->count[bucket], 1);
	add(h->sum, us);
}

static inline void sent(struct calls *c, int ret)
{
	if (ret >= 0) {
		add(c->send_done, 1);
		add(c->send_bytes, ret);
	} else if (ret == -EAGAIN)
		add(c->send_again, 1);
	else
		add(c->send_errors, 1);
}

/* Bytes that stay in the queue, or come from the error queue, are not received. */
static inline void received(struct calls *c, int ret, int flags)
{
	if (ret >= 0) {
		add(c->recv_done, 1);
		if (!(flags & (MSG_PEEK | MSG_ERRQUEUE)))
			add(c->recv_bytes, ret);
	} else if (ret == -EAGAIN)
		add(c->recv_again, 1);
	else
		add(c->recv_errors, 1);
}

/* A call on a listening socket fails; counted, it would be copied to every socket that is accepted. */
static inline int listening(struct sock *sk)
{
	return sk->__sk_common.skc_state == TCP_LISTEN;
}

/* TP_PROTO(struct sock *sk, int ret, int flags) */
SEC("tp_btf/sock_send_length")
int rawloop_send(u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	int ret = ctx[1];
	struct socket_counts *s = bpf_sk_storage_get(&sockets, sk, 0, 0);
	struct total_counts *t;

	if (!s || (ret < 0 && listening(sk)))
		return 0;
	sent(&s->calls, ret);
	t = total();
	if (t)
		sent(&t->calls, ret);
	return 0;
}

static inline void waited(struct sock *sk, struct total_counts *t, int ret, int flags)
{
	struct wake_counts *w;
	u64 since, us;

	if (flags & (MSG_PEEK | MSG_ERRQUEUE))
		return;
	w = bpf_sk_storage_get(&wakes, sk, 0, 0);
	if (!w || !w->since)
		return;
	since = w->since;
	w->since = 0;
	if (ret < 0)
		return;
	us = (bpf_ktime_get_ns() - since) / 1000;
	observe(&w->wait, us);
	observe(&t->wait, us);
}

/* TP_PROTO(struct sock *sk, int ret, int flags) */
SEC("tp_btf/sock_recv_length")
int rawloop_recv(u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	int ret = ctx[1], flags = ctx[2];
	struct socket_counts *s = bpf_sk_storage_get(&sockets, sk, 0, 0);
	struct total_counts *t;

	if (!s || (ret < 0 && listening(sk)))
		return 0;
	received(&s->calls, ret, flags);
	t = total();
	if (!t)
		return 0;
	received(&t->calls, ret, flags);
	if (count_waits)
		waited(sk, t, ret, flags);
	return 0;
}

/* TP_PROTO(const struct sock *sk) */
SEC("tp_btf/sk_data_ready")
int rawloop_ready(u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	struct wake_counts *w = bpf_sk_storage_get(&wakes, sk, 0, 0);

	if (!w) {
		if (!bpf_sk_storage_get(&sockets, sk, 0, 0) || listening(sk))
			return 0;
		w = bpf_sk_storage_get(&wakes, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
		if (!w)
			return 0;
	}
	if (!w->since)
		w->since = bpf_ktime_get_ns();
	return 0;
}

/* The distance from one sequence number to another. It is read while TCP goes on: what has been overtaken is 0. */
static inline u32 distance(u32 from, u32 to)
{
	u32 d = to - from;

	return d >> 31 ? 0 : d;
}

/*
 * Bytes of TCP without SYN and FIN, which have sequence numbers too. A FIN is the
 * last in its direction: one that was received is in bytes_received, and still
 * unread or unsent it is in the difference of the sequence numbers.
 *
 * What this machine itself drops on the way out (a filter, a full queue) is in
 * bytes_sent, and again when it is sent anew as if for the first time: where it
 * is more than what was acknowledged or is under way, that is right.
 */
static inline void tcp_bytes(struct tcp_counts *c, struct sock *sk, struct tcp_sock *tp, u32 state)
{
	u32 fin = sk->__sk_common.skc_flags >> SOCK_DONE & 1;
	u64 once;

	c->received = tp->bytes_received - fin;
	c->unread = distance(tp->copied_seq, tp->rcv_nxt);
	if (c->unread)
		c->unread -= fin;
	c->retransmitted = tp->bytes_retrans;
	c->sent = tp->bytes_sent - c->retransmitted;
	c->unsent = distance(tp->snd_nxt, tp->write_seq);
	once = tp->bytes_acked + distance(tp->snd_una, tp->snd_nxt);
	if (state & ACTIVE)
		once--;
	if (state & FIN_QUEUED) {
		if (c->unsent)
			c->unsent--;
		else
			once--;
	}
	if (once < c->sent)
		c->sent = once;
	if (!tp->segs_in) /* tcp_disconnect() has set all to 0 but the sequence numbers */
		c->unsent = 0;
}

static inline void tcp_segments(struct tcp_counts *c, struct tcp_sock *tp)
{
	c->segs_in = tp->segs_in;
	c->segs_out = tp->segs_out;
	c->data_segs_in = tp->data_segs_in;
	c->data_segs_out = tp->data_segs_out;
	c->retransmits = tp->total_retrans;
}

/* Adds what a connection came to. How much the program leaves unread is not known before it closes the socket. */
static inline void sum_up(struct sock *sk, struct socket_counts *s, struct total_counts *t)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct tcp_counts c;

	if (!tp)
		return;
	tcp_bytes(&c, sk, tp, s->state);
	tcp_segments(&c, tp);
	add(t->tcp.received, c.received);
	add(t->tcp.sent, c.sent);
	add(t->tcp.unsent, c.unsent);
	add(t->tcp.retransmitted, c.retransmitted);
	add(t->tcp.segs_in, c.segs_in);
	add(t->tcp.segs_out, c.segs_out);
	add(t->tcp.data_segs_in, c.data_segs_in);
	add(t->tcp.data_segs_out, c.data_segs_out);
	add(t->tcp.retransmits, c.retransmits);
	if (tp->srtt_us)
		observe(&t->rtt, tp->srtt_us >> 3);
	s->unread = c.unread;
	s->state |= SUMMED;
}

static inline void closed(struct socket_counts *s, struct total_counts *t)
{
	add(t->tcp.unread, s->unread);
	add(t->closed, 1);
}

/*
 * TP_PROTO(const struct sock *sk, const int oldstate, const int newstate).
 *
 * TCP_CLOSE is the last moment at which tcp_disconnect() has not set everything
 * to 0: it ends a connection that the program resets with SO_LINGER, or dissolves
 * by connect(AF_UNSPEC). A connection that closes without having been established
 * had data with its SYN (TCP Fast Open).
 */
SEC("tp_btf/inet_sock_set_state")
int rawloop_state(u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	int from = ctx[1], to = ctx[2];
	struct socket_counts *s = bpf_sk_storage_get(&sockets, sk, 0, 0);
	struct total_counts *t;

	if (!s)
		return 0;
	t = total();
	if (!t)
		return 0;
	switch (to) {
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
		if (!(s->state & OPENED)) {
			s->state |= OPENED;
			add(t->opened, 1);
		}
		if (from == TCP_SYN_SENT)
			s->state |= ACTIVE;
		if (to != TCP_ESTABLISHED)
			s->state |= FIN_QUEUED;
		break;
	case TCP_CLOSE:
		if (s->state & OPENED && !(s->state & SUMMED))
			sum_up(sk, s, t);
		break;
	case TCP_LISTEN: /* what is accepted inherits nothing that was before */
	case TCP_SYN_SENT:
		if (s->state & OPENED)
			closed(s, t);
		s->state = s->unread = 0;
		if (to == TCP_LISTEN)
			s->calls = (struct calls){};
		break;
	}
	return 0;
}

/*
 * TP_PROTO(struct sock *sk). The program has closed the socket, and TCP is done
 * with it. Without segments it was dissolved before.
 */
SEC("tp_btf/tcp_destroy_sock")
int rawloop_destroy(u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	struct socket_counts *s = bpf_sk_storage_get(&sockets, sk, 0, 0);
	struct total_counts *t;
	struct tcp_sock *tp;
	struct tcp_counts c;

	if (!s || !(s->state & OPENED))
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	t = total();
	if (!tp || !t)
		return 0;
	if (!(s->state & SUMMED)) /* watched as it closed */
		sum_up(sk, s, t);
	if (tp->segs_in) {
		tcp_bytes(&c, sk, tp, s->state);
		s->unread = c.unread;
	}
	closed(s, t);
	return 0;
}

static inline void addresses(struct listed_socket *l, struct sock_common *sk)
{
	l->local_port = sk->skc_num;
	l->remote_port = ntohs(sk->skc_dport);
	if (l->family == AF_INET6) {
		*(struct in6_addr *)l->local = sk->skc_v6_rcv_saddr;
		*(struct in6_addr *)l->remote = sk->skc_v6_daddr;
	} else {
		*(u32 *)l->local = sk->skc_rcv_saddr;
		*(u32 *)l->remote = sk->skc_daddr;
	}
}

/* Writes every watched socket as a listed_socket. */
SEC("iter/bpf_sk_storage_map")
int rawloop_list(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct socket_counts *s = ctx->value;
	struct sock *sk = ctx->sk;
	struct listed_socket l = {};
	struct wake_counts *w = 0;
	struct tcp_sock *tp;

	if (!sk || !s)
		return 0;
	l.cookie = bpf_get_socket_cookie(sk);
	l.family = sk->__sk_common.skc_family;
	l.type = sk->sk_type;
	l.protocol = sk->sk_protocol;
	l.state = sk->__sk_common.skc_state;
	addresses(&l, &sk->__sk_common);
	l.calls = s->calls;
	tp = bpf_skc_to_tcp_sock(sk);
	if (tp) {
		tcp_bytes(&l.tcp, sk, tp, s->state);
		tcp_segments(&l.tcp, tp);
		l.rtt = tp->srtt_us >> 3;
	}
	if (count_waits)
		w = bpf_sk_storage_get(&wakes, sk, 0, 0);
	l.has_wait = w != 0;
	bpf_seq_write(ctx->meta->seq, &l, sizeof(l));
	if (w)
		bpf_seq_write(ctx->meta->seq, w, sizeof(*w));
	return 0;
}

/* For bpf2go, which makes Go types of those that it finds in a declaration. */
const struct listed_socket *listed_socket_in_btf __attribute__((unused));

char LICENSE[] SEC("license") = "Dual MIT/GPL";
