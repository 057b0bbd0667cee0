/*
 * cbatch: the fixed point of the comparison of batches.
 *
 * One UDP socket on loopback that sends to itself: sendmmsg of 32 datagrams of
 * 64 bytes, recvmmsg of 32, both with MSG_DONTWAIT, for so many seconds. Of the structs
 * only what recvmmsg overwrites is set again.
 *
 * usage: cbatch SECONDS
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 32, SIZE = 64, CHUNK = 64 };

static struct mmsghdr out[BATCH], in[BATCH];
static struct iovec iov_out[BATCH], iov_in[BATCH];
static struct sockaddr_storage from[BATCH];
static char text[BATCH][SIZE], room[BATCH][SIZE];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int64_t cpu(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * INT64_C(1000000000) +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * INT64_C(1000);
}

static void once(int fd)
{
	if (sendmmsg(fd, out, BATCH, MSG_DONTWAIT) != BATCH)
		die("sendmmsg");
	for (int i = 0; i < BATCH; i++)
		in[i].msg_hdr.msg_namelen = sizeof from[i];
	if (recvmmsg(fd, in, BATCH, MSG_DONTWAIT, NULL) != BATCH)
		die("recvmmsg");
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof addr;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (argc != 2) {
		fprintf(stderr, "usage: cbatch SECONDS\n");
		return 2;
	}
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) || getsockname(fd, (struct sockaddr *)&addr, &size))
		die("socket");
	for (int i = 0; i < BATCH; i++) {
		iov_out[i] = (struct iovec){text[i], SIZE};
		out[i].msg_hdr = (struct msghdr){.msg_name = &addr, .msg_namelen = size, .msg_iov = &iov_out[i], .msg_iovlen = 1};
		iov_in[i] = (struct iovec){room[i], SIZE};
		in[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_iov = &iov_in[i], .msg_iovlen = 1};
	}

	int64_t length = atof(argv[1]) * 1e9, rounds = 0, used = cpu(), start = now(), end;
	do {
		for (int i = 0; i < CHUNK; i++)
			once(fd);
		rounds += CHUNK;
		end = now();
	} while (end - start < length);
	printf("{\"messages\": %lld, \"seconds\": %.9f, \"cpu_ns\": %lld}\n",
	       (long long)rounds * BATCH, (end - start) / 1e9, (long long)(cpu() - used));
	return 0;
}
