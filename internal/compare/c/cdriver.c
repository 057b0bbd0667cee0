/*
 * cdriver: the client that measures every server, the same for all.
 *
 * Closed loop: each connection keeps PIPELINE messages of SIZE bytes in flight
 * and sends the next one when one has returned whole. One thread, one epoll,
 * 1024 events a call, each connection registered once and edge-triggered, one
 * 64 KiB receive buffer, TCP_NODELAY. What is checked is lengths: a connection
 * that returns more than it was sent, ends early, or has not returned
 * everything DRAIN seconds after the window counts as an error.
 *
 * Latency runs from the clock read before a message is handed to send() to the
 * clock read after the recv() that completes its echo; one clock read per recv.
 *
 * usage: cdriver [-a CPU] [-c CONNS] [-s SIZE] [-p PIPELINE] [-d SECONDS]
 *                [-w WARMUP] HOST:PORT      (IPv4, numeric)
 *
 * stderr: "window start" and "window end" when the measured window opens and
 * closes, so that the caller can read the server's CPU time at both edges.
 * stdout: one JSON object.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum {
	EVENTS = 1024,
	BUFSIZE = 64 * 1024,
	PER_SOURCE = 5000, /* connections per source address 127.0.0.x */
	DRAIN = 5,         /* seconds */
	IOFLAGS = MSG_DONTWAIT | MSG_NOSIGNAL,
	ODD = EPOLLRDHUP | EPOLLHUP | EPOLLERR,
	SUB_BITS = 7, /* 128 buckets per power of two: at most 0.8 % wide */
	SUB = 1 << SUB_BITS,
	BUCKETS = SUB * (64 - SUB_BITS + 1),
};

struct conn {
	int fd;
	uint32_t inflight;
	uint32_t head, tail;  /* ring of send times */
	size_t unsent;        /* bytes of queued messages not yet taken by the kernel */
	size_t got;           /* bytes of the message now arriving */
	uint64_t *sent_at;
};

static int conns = 100, pipeline = 1;
static size_t size = 64;
static double duration = 3, warmup = 0.5;

static struct conn *cs;
static char buf[BUFSIZE], *pattern;
static uint64_t hist[BUCKETS], messages, worst, errors, inflight_all;
static int ep, stopping, reported;

static void die(const char *what)
{
	fprintf(stderr, "cdriver: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* Values below 2*SUB have a bucket each; above, SUB buckets per power of two. */
static void record(uint64_t v)
{
	int shift = v < 2 * SUB ? 0 : 63 - __builtin_clzll(v) - SUB_BITS;

	hist[(uint64_t)shift * SUB + (v >> shift)]++;
	messages++;
	if (v > worst)
		worst = v;
}

/* The upper edge of the bucket that holds the q-quantile. */
static uint64_t quantile(double q)
{
	uint64_t want = (uint64_t)(q * (double)messages + 0.999999), seen = 0;

	for (uint64_t i = 0; i < BUCKETS; i++) {
		seen += hist[i];
		if (hist[i] && seen >= want) {
			uint64_t shift = i < 2 * SUB ? 0 : i / SUB - 1;
			uint64_t edge = ((i - shift * SUB + 1) << shift) - 1;
			return edge < worst ? edge : worst;
		}
	}
	return worst;
}

/* Gives a connection up: what it still owed will not come. */
static void fail(struct conn *c, const char *why)
{
	if (reported++ < 5)
		fprintf(stderr, "cdriver: connection %d: %s\n", (int)(c - cs), why);
	errors++;
	inflight_all -= c->inflight;
	c->inflight = 0;
	close(c->fd);
	c->fd = -1;
}

static void push(struct conn *c)
{
	while (c->unsent > 0) {
		ssize_t k = send(c->fd, pattern, c->unsent, IOFLAGS);
		if (k < 0) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN)
				fail(c, strerror(errno));
			return;
		}
		c->unsent -= (size_t)k;
	}
}

static void top_up(struct conn *c, uint64_t now)
{
	while (!stopping && c->inflight < (uint32_t)pipeline) {
		c->sent_at[c->tail] = now;
		c->tail = c->tail + 1 == (uint32_t)pipeline ? 0 : c->tail + 1;
		c->inflight++;
		inflight_all++;
		c->unsent += size;
	}
	push(c);
}

static int take(struct conn *c, size_t n, uint64_t now)
{
	c->got += n;
	while (c->got >= size && c->inflight > 0) {
		c->got -= size;
		record(now - c->sent_at[c->head]);
		c->head = c->head + 1 == (uint32_t)pipeline ? 0 : c->head + 1;
		c->inflight--;
		inflight_all--;
	}
	/* What arrived may not exceed what the kernel took. */
	if (c->inflight == 0 ? c->got > 0 : c->got + c->unsent > c->inflight * size) {
		fail(c, "more bytes returned than were sent");
		return -1;
	}
	return 0;
}

static void readable(struct conn *c, uint32_t ev)
{
	for (;;) {
		ssize_t n = recv(c->fd, buf, BUFSIZE, IOFLAGS);
		if (n == 0) {
			fail(c, "closed by the server");
			return;
		}
		if (n < 0) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN)
				fail(c, strerror(errno));
			return;
		}
		uint64_t now = now_ns();
		if (take(c, (size_t)n, now) < 0)
			return;
		top_up(c, now);
		if (c->fd < 0 || (n < BUFSIZE && !(ev & ODD)))
			return;
	}
}

/* Waits at most ms for events and handles them. */
static void turn(int ms)
{
	static struct epoll_event evs[EVENTS];
	int n = epoll_wait(ep, evs, EVENTS, ms);

	if (n < 0 && errno != EINTR)
		die("epoll_wait");
	for (int i = 0; i < n; i++) {
		struct conn *c = &cs[evs[i].data.u32];
		if (c->fd >= 0 && evs[i].events & EPOLLOUT && c->unsent > 0)
			push(c);
		if (c->fd >= 0 && evs[i].events & (EPOLLIN | ODD))
			readable(c, evs[i].events);
	}
}

static void run_until(uint64_t end)
{
	for (;;) {
		uint64_t now = now_ns();
		if (now >= end)
			return;
		turn(end - now > 100000000u ? 100 : (int)((end - now) / 1000000u) + 1);
	}
}

static void drain(void)
{
	uint64_t end = now_ns() + DRAIN * 1000000000ull;

	stopping = 1;
	while (inflight_all > 0 && now_ns() < end)
		turn(10);
	for (int i = 0; i < conns; i++)
		if (cs[i].fd >= 0 && cs[i].inflight > 0)
			fail(&cs[i], "did not return everything");
}

/* On loopback the source address changes every PER_SOURCE connections, so that
 * no pair of addresses runs out of ports. */
static void dial(int i, const struct sockaddr_in *to)
{
	struct conn *c = &cs[i];
	int one = 1;
	/* RST at close: thousands of ports in TIME_WAIT would slow the next round. */
	struct linger abortive = {.l_onoff = 1};

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		die("socket");
	if (ntohl(to->sin_addr.s_addr) >> 24 == 127) {
		struct sockaddr_in from = {
			.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(i / PER_SOURCE)),
		};
		setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
		if (bind(c->fd, (struct sockaddr *)&from, sizeof from) < 0)
			die("bind");
	}
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(c->fd, (const struct sockaddr *)to, sizeof *to) < 0)
		die("connect");
	c->sent_at = calloc((size_t)pipeline, sizeof *c->sent_at);
	if (!c->sent_at)
		die("calloc");
	struct epoll_event e = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.u32 = (uint32_t)i,
	};
	if (epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e) < 0)
		die("epoll_ctl");
}

static void usage(void)
{
	fprintf(stderr, "usage: cdriver [-a CPU] [-c CONNS] [-s SIZE] [-p PIPELINE] "
			"[-d SECONDS] [-w WARMUP] HOST:PORT\n");
	exit(2);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) < 0)
		die("sched_setaffinity");
}

static struct sockaddr_in address(char *text)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	char *colon = strrchr(text, ':');

	if (!colon)
		usage();
	*colon = 0;
	sa.sin_port = htons((uint16_t)atoi(colon + 1));
	if (inet_pton(AF_INET, text, &sa.sin_addr) != 1)
		usage();
	return sa;
}

static struct sockaddr_in options(int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "a:c:s:p:d:w:")) != -1) {
		switch (o) {
		case 'a': pin(atoi(optarg)); break;
		case 'c': conns = atoi(optarg); break;
		case 's': size = (size_t)atol(optarg); break;
		case 'p': pipeline = atoi(optarg); break;
		case 'd': duration = atof(optarg); break;
		case 'w': warmup = atof(optarg); break;
		default: usage();
		}
	}
	if (optind + 1 != argc || conns < 1 || size < 1 || size > 1 << 24 ||
	    pipeline < 1 || pipeline > 4096 || duration <= 0 || warmup < 0)
		usage();
	return address(argv[optind]);
}

static void prepare(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
	/* A lost server must not keep the driver for ever. */
	alarm((unsigned)(warmup + duration) + DRAIN + 60);
	ep = epoll_create1(EPOLL_CLOEXEC);
	cs = calloc((size_t)conns, sizeof *cs);
	pattern = malloc((size_t)pipeline * size);
	if (ep < 0 || !cs || !pattern)
		die("prepare");
	memset(pattern, 'r', (size_t)pipeline * size);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = options(argc, argv);

	prepare();
	for (int i = 0; i < conns; i++)
		dial(i, &to);
	uint64_t start = now_ns();
	for (int i = 0; i < conns; i++)
		top_up(&cs[i], start);
	run_until(start + (uint64_t)(warmup * 1e9));

	memset(hist, 0, sizeof hist);
	messages = worst = 0;
	fprintf(stderr, "window start\n");
	uint64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	start = now_ns();
	run_until(start + (uint64_t)(duration * 1e9));
	uint64_t spent = now_ns() - start;
	cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	fprintf(stderr, "window end\n");

	uint64_t counted = messages, max = worst;
	uint64_t p50 = quantile(0.5), p90 = quantile(0.9);
	uint64_t p99 = quantile(0.99), p999 = quantile(0.999);
	drain();
	printf("{\"schema\":\"rawloop-compare-driver/1\",\"connections\":%d,\"size\":%zu,"
	       "\"pipeline\":%d,\"messages\":%llu,\"seconds\":%.6f,\"p50_ns\":%llu,"
	       "\"p90_ns\":%llu,\"p99_ns\":%llu,\"p999_ns\":%llu,\"max_ns\":%llu,"
	       "\"driver_cpu_ns\":%llu,\"errors\":%llu}\n",
	       conns, size, pipeline, (unsigned long long)counted, (double)spent / 1e9,
	       (unsigned long long)p50, (unsigned long long)p90, (unsigned long long)p99,
	       (unsigned long long)p999, (unsigned long long)max,
	       (unsigned long long)cpu, (unsigned long long)errors);
	return 0;
}
