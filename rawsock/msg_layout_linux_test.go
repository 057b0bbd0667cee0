package rawsock_test

import (
	"encoding/binary"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/rawsock"
)

// callsSource has the size of each struct that a call takes, and where its
// fields lie.
const callsSource = `
#define _GNU_SOURCE
#include <poll.h>
#include <stddef.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <linux/time_types.h>

#define AT(field) offsetof(T, field)

#define T struct msghdr
int msghdr[] = {sizeof(T), AT(msg_name), AT(msg_namelen), AT(msg_iov), AT(msg_iovlen), AT(msg_control), AT(msg_controllen), AT(msg_flags)};
#undef T
#define T struct mmsghdr
int mmsghdr[] = {sizeof(T), AT(msg_hdr), AT(msg_len)};
#undef T
#define T struct iovec
int iovec[] = {sizeof(T), AT(iov_base), AT(iov_len)};
#undef T
#define T struct pollfd
int pollfd[] = {sizeof(T), AT(fd), AT(events), AT(revents)};
#undef T
#define T struct __kernel_timespec
int timespec[] = {sizeof(T), AT(tv_sec), AT(tv_nsec)};
#undef T
#define T struct timeval
int timeval[] = {sizeof(T), AT(tv_sec), AT(tv_usec)};
int fdset[] = {sizeof(fd_set), 0, FD_SETSIZE};
`

// layoutOf is the size of a struct and the offsets of its fields; padding is none.
func layoutOf[T any]() []int {
	typ := reflect.TypeFor[T]()
	layout := []int{int(typ.Size())}
	for f := range typ.Fields() {
		if f.Name != "_" {
			layout = append(layout, int(f.Offset))
		}
	}
	return layout
}

func TestCallLayoutsAgainstCHeaders(t *testing.T) {
	options := layoutTargets[runtime.GOARCH]["64"]
	if runtime.GOARCH == "386" {
		options = layoutTargets["386"]["32"]
	}
	theirs := dataOf(t, callsSource, options...)
	ours := map[string][]int{
		"msghdr":   layoutOf[unix.Msghdr](),
		"mmsghdr":  layoutOf[unix.Mmsghdr](),
		"iovec":    layoutOf[unix.Iovec](),
		"pollfd":   layoutOf[rawsock.PollFd](),
		"timespec": layoutOf[sys.Timespec](),
		"timeval":  {2 * unix.SizeofLong, 0, unix.SizeofLong}, // as Gstamp reads it
		"fdset":    append(layoutOf[rawsock.FdSet](), unix.FD_SETSIZE),
	}
	if len(theirs) != len(ours) {
		t.Errorf("%d structs in C, %d here", len(theirs), len(ours))
	}
	for name, got := range ours {
		var want []int
		for b := theirs[name]; len(b) > 0; b = b[4:] {
			want = append(want, int(binary.NativeEndian.Uint32(b)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("struct %s: size and offsets %d, C has %d", name, got, want)
		}
	}
}
