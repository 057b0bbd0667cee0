//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package rawsock

var sockaddrForms [0]sockaddrForm
