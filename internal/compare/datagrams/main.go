//go:build linux

// Command datagrams sends datagrams to itself over loopback in one of several
// ways and says how many there were. It is what c/cbatch.c is in C.
//
//	datagrams WAY SECONDS
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Sizes and counts: batches of short datagrams as in cbatch.c, and as many
// datagrams of the size of QUIC's as fit one buffer of UDP_SEGMENT.
const (
	batch, short  = 32, 64
	segments, mtu = 50, 1200
	chunk         = 64
)

// ways make a step, which moves n datagrams.
var ways = map[string]func() (step func() error, n int, err error){
	"rawsock":  func() (func() error, int, error) { return batches(true) },
	"sleeping": func() (func() error, int, error) { return batches(false) },
	"net":      func() (func() error, int, error) { return overNet(batch, short) },
	"segment":  func() (func() error, int, error) { return segmented(false) },
	"gro":      func() (func() error, int, error) { return segmented(true) },
	"net-long": func() (func() error, int, error) { return overNet(segments, mtu) },
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "datagrams:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 || ways[args[0]] == nil {
		return fmt.Errorf("usage: datagrams WAY SECONDS")
	}
	seconds, err := strconv.ParseFloat(args[1], 64)
	if err != nil {
		return err
	}
	step, n, err := ways[args[0]]()
	if err != nil {
		return err
	}
	length := time.Duration(seconds * float64(time.Second))
	rounds, used, start := 0, cpu(), time.Now()
	for time.Since(start) < length {
		for range chunk {
			if err := step(); err != nil {
				return err
			}
		}
		rounds += chunk
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"messages": rounds * n, "seconds": time.Since(start).Seconds(), "cpu_ns": cpu() - used,
	})
}

// cpu is the time that all threads have used, in nanoseconds.
func cpu() int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// socket returns a socket on loopback, and its address.
func socket() (rawsock.FD, rawsock.Sockaddr, error) {
	fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fd, rawsock.Sockaddr{}, err
	}
	if err := fd.Bind(rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 0)); err != nil {
		return fd, rawsock.Sockaddr{}, err
	}
	addr, err := fd.Getsockname()
	return fd, addr, err
}

// batches makes the calls of cbatch.c, whose flag lets them not sleep; or in the
// form that may, which tells the Go scheduler.
func batches(noSleep bool) (func() error, int, error) {
	fd, addr, err := socket()
	if err != nil {
		return nil, 0, err
	}
	out, in := rawsock.NewBatch(batch), rawsock.NewBatch(batch)
	for i := range batch {
		out.SetBuffers(i, make([]byte, short))
		out.SetName(i, addr)
		in.SetBuffers(i, make([]byte, short))
	}
	if noSleep {
		out, in = out.NoSleep(), in.NoSleep()
	}
	return func() error {
		if n, err := fd.Sendmmsg(out, unix.MSG_DONTWAIT); err != nil || n != batch {
			return fmt.Errorf("sendmmsg: %d, %w", n, err)
		}
		if n, err := fd.Recvmmsg(in, unix.MSG_DONTWAIT, nil); err != nil || n != batch {
			return fmt.Errorf("recvmmsg: %d, %w", n, err)
		}
		return nil
	}, batch, nil
}

// segmented sends one buffer that the kernel cuts into datagrams; they are
// received one by one with one call, or joined.
func segmented(joined bool) (func() error, int, error) {
	fd, addr, err := socket()
	if err != nil {
		return nil, 0, err
	}
	out := &rawsock.Msghdr{
		Name: addr, Buffers: [][]byte{make([]byte, segments*mtu)}, Control: rawsock.AppendUDPSegment(nil, mtu),
	}
	in := rawsock.NewBatch(segments)
	for i := range segments {
		in.SetBuffers(i, make([]byte, mtu))
	}
	want := segments
	if joined {
		if err := fd.SetsockoptInt(unix.SOL_UDP, unix.UDP_GRO, 1); err != nil {
			return nil, 0, err
		}
		in, want = in.Slice(0, 1), 1
		in.SetBuffers(0, make([]byte, segments*mtu))
		in.SetControl(0, make([]byte, 64))
	}
	return func() error {
		if n, err := fd.Sendmsg(out, 0); err != nil || n != segments*mtu {
			return fmt.Errorf("sendmsg: %d, %w", n, err)
		}
		n, err := fd.Recvmmsg(in, 0, nil)
		if err != nil || n != want || joined && in.N(0) != segments*mtu {
			return fmt.Errorf("recvmmsg: %d, %w", n, err)
		}
		return nil
	}, segments, nil
}

func overNet(n, size int) (func() error, int, error) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		return nil, 0, err
	}
	addr, p := conn.LocalAddr().(*net.UDPAddr).AddrPort(), make([]byte, size)
	return func() error {
		for range n {
			if _, err := conn.WriteToUDPAddrPort(p, addr); err != nil {
				return err
			}
		}
		for range n {
			if _, _, err := conn.ReadFromUDPAddrPort(p); err != nil {
				return err
			}
		}
		return nil
	}, n, nil
}
