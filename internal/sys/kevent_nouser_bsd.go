//go:build netbsd || openbsd

package sys

// evfiltUser: golang.org/x/sys knows no EVFILT_USER here. This file can go when
// the oldest supported NetBSD and OpenBSD have it and x/sys does.
const evfiltUser = 0
