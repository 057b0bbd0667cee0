/*
 * cloop: the fixed point that every other server is measured against.
 *
 * A TCP echo server of one thread: one epoll, 1024 events a call, one 64 KiB
 * buffer for all connections, each connection registered once and
 * edge-triggered, recv/send with MSG_DONTWAIT|MSG_NOSIGNAL, accept4 and
 * TCP_NODELAY. epoll_wait blocks: it never spins. Nothing is done per message
 * beyond sending back what came.
 *
 * usage: cloop [PORT]     (127.0.0.1; 0 or nothing lets the kernel choose)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	EVENTS = 1024,
	BUFSIZE = 64 * 1024,
	MAXFD = 1 << 16,
	IOFLAGS = MSG_DONTWAIT | MSG_NOSIGNAL,
	ODD = EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI,
};

/* What the kernel did not take yet; while there is any, nothing is read. */
struct rest {
	char *p;
	size_t off, len;
	uint32_t owed; /* flags of events that came while reading was held back */
};

static struct rest rests[MAXFD];
static char buf[BUFSIZE];
static int ep, lfd;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void drop(int fd)
{
	free(rests[fd].p);
	memset(&rests[fd], 0, sizeof rests[fd]);
	close(fd);
}

/* Sends p; keeps a copy of what did not fit. Returns -1 if the connection is gone. */
static int put(int fd, const char *p, size_t n)
{
	struct rest *r = &rests[fd];

	while (n > 0) {
		ssize_t k = send(fd, p, n, IOFLAGS);
		if (k >= 0) {
			p += k;
			n -= (size_t)k;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -1;
		if (!r->p && !(r->p = malloc(BUFSIZE)))
			return -1;
		memcpy(r->p, p, n);
		r->off = 0;
		r->len = n;
		return 0;
	}
	return 0;
}

/* Sends what is kept. Returns -1 if the connection is gone. */
static int flush(int fd)
{
	struct rest *r = &rests[fd];

	while (r->len > 0) {
		ssize_t k = send(fd, r->p + r->off, r->len, IOFLAGS);
		if (k < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN ? 0 : -1;
		}
		r->off += (size_t)k;
		r->len -= (size_t)k;
	}
	return 0;
}

/*
 * Reads and echoes until the socket is drained or output is stuck. A short
 * read means drained unless the event said that more than data is there.
 */
static int echo(int fd, uint32_t ev)
{
	for (;;) {
		ssize_t n = recv(fd, buf, BUFSIZE, IOFLAGS);
		if (n == 0)
			return -1;
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN ? 0 : -1;
		}
		if (put(fd, buf, (size_t)n) < 0)
			return -1;
		if (rests[fd].len > 0) {
			rests[fd].owed = EPOLLIN | ev;
			return 0;
		}
		if (n < BUFSIZE && !(ev & ODD))
			return 0;
	}
}

static void conn_event(int fd, uint32_t ev)
{
	struct rest *r = &rests[fd];

	if (r->len > 0) {
		r->owed |= ev;
		if (flush(fd) < 0) {
			drop(fd);
			return;
		}
		if (r->len > 0)
			return;
		ev = r->owed;
		r->owed = 0;
	}
	if (ev & (EPOLLIN | ODD) && echo(fd, ev) < 0)
		drop(fd);
}

static void accept_all(void)
{
	int one = 1;

	for (;;) {
		int fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			if (errno != EAGAIN)
				perror("accept4");
			return;
		}
		if (fd >= MAXFD) {
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		struct epoll_event e = {
			.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
			.data.fd = fd,
		};
		if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) < 0)
			die("epoll_ctl");
	}
}

static void listen_on(int port)
{
	struct sockaddr_in sa = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof sa;
	int one = 1;

	lfd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (lfd < 0)
		die("socket");
	setsockopt(lfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(lfd, (struct sockaddr *)&sa, sizeof sa) < 0)
		die("bind");
	if (listen(lfd, 4096) < 0)
		die("listen");
	if (getsockname(lfd, (struct sockaddr *)&sa, &len) < 0)
		die("getsockname");
	struct epoll_event e = {.events = EPOLLIN, .data.fd = lfd};
	if (epoll_ctl(ep, EPOLL_CTL_ADD, lfd, &e) < 0)
		die("epoll_ctl");
	fprintf(stderr, "listening tcp 127.0.0.1:%d\n", ntohs(sa.sin_port));
}

int main(int argc, char **argv)
{
	static struct epoll_event evs[EVENTS];
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
	ep = epoll_create1(EPOLL_CLOEXEC);
	if (ep < 0)
		die("epoll_create1");
	listen_on(argc > 1 ? atoi(argv[1]) : 0);
	for (;;) {
		int n = epoll_wait(ep, evs, EVENTS, -1);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			die("epoll_wait");
		}
		for (int i = 0; i < n; i++) {
			int fd = evs[i].data.fd;
			if (fd == lfd)
				accept_all();
			else
				conn_event(fd, evs[i].events);
		}
	}
}
