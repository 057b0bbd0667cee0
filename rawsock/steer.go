package rawsock

import (
	"encoding/binary"
	"math"

	"golang.org/x/sys/unix"
)

// What golang.org/x/sys/unix lacks on some of the BSDs.
const (
	bpfMod = 0x90 // BPF_MOD
	bpfXor = 0xa0 // BPF_XOR
)

const (
	loadWord = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	loadHalf = unix.BPF_LD | unix.BPF_H | unix.BPF_ABS
	loadByte = unix.BPF_LD | unix.BPF_B | unix.BPF_ABS
)

// SteerByCPU makes a program for [FD.AttachReuseportCBPF] that spreads over n
// sockets, those of the indices 0 to n-1, by the CPU that handles the packet,
// modulo n. With a loop pinned to each CPU a connection stays on the CPU that its
// packets come in by, if each socket has the index of its loop's CPU.
//
// Of all programs named Steer…: with more than n sockets in the group the others
// get nothing; with fewer the kernel's own hash decides for an index that is
// missing. An n below 1 makes a program that the kernel refuses.
func SteerByCPU(n int) Filter {
	return remainder(Filter{BPFStmt(loadWord, SKF_AD_OFF+SKF_AD_CPU)}, n)
}

// SteerAtRandom steers by a random number modulo n. Datagrams of one sender come
// out of order if different sockets are read at a different pace.
//
// It stands in for round robin, which classic BPF cannot do: a program keeps
// nothing from one packet to the next, and none of the loads that Linux adds
// counts. Over time it is as even. [SteerByValue] goes round exactly where senders
// number their packets; a program of extended BPF with a counter in a map always
// does ([FD.AttachReuseportEBPF]; package bpfsteer has one, and needs CAP_BPF).
func SteerAtRandom(n int) Filter {
	return remainder(Filter{BPFStmt(loadWord, SKF_AD_OFF+SKF_AD_RANDOM)}, n)
}

// SteerByRXHash steers by the packet's receive hash modulo n, which is of its flow
// and which the network card or RPS computed, or the sender on loopback. Packets
// without one, such as an unconnected UDP sender's on loopback, go to socket 0.
func SteerByRXHash(n int) Filter {
	return remainder(Filter{BPFStmt(loadWord, SKF_AD_OFF+SKF_AD_RXHASH)}, n)
}

// SteerByValue steers by a number of 1, 2 or 4 bytes in network order, modulo n:
// whoever chooses the number chooses the socket, as a QUIC server does with the
// connection ids that it gives out. offset counts from the start of the payload,
// or is SKF_NET_OFF plus an offset in the IP header. TCP has no payload when a
// socket is chosen. A payload too short for the number is left to the kernel's
// hash. With another size there is no program: nil, which the kernel refuses.
func SteerByValue(offset uint32, size, n int) Filter {
	f, ok := guard(offset, size)
	if !ok {
		return nil
	}
	switch size {
	case 1:
		f = append(f, BPFStmt(loadByte, offset))
	case 2:
		f = append(f, BPFStmt(loadHalf, offset))
	case 4:
		f = append(f, BPFStmt(loadWord, offset))
	default:
		return nil
	}
	return remainder(f, n)
}

// SteerByHash steers by [SteerHash] of size bytes, modulo n, so that equal keys go
// to one socket and similar keys to different ones. offset and short payloads are
// as in SteerByValue: SteerByHash(SKF_NET_OFF+12, 4, n) keeps together what one
// IPv4 address sends, from whatever port, and SteerByHash(SKF_NET_OFF+8, 16, n)
// one IPv6 address. A negative size gives no program.
func SteerByHash(offset uint32, size, n int) Filter {
	f, ok := guard(offset, size)
	if !ok {
		return nil
	}
	for size > 0 {
		load, step := uint16(loadWord), 4
		switch {
		case size == 1:
			load, step = loadByte, 1
		case size < 4:
			load, step = loadHalf, 2
		}
		f = append(f,
			BPFStmt(load, offset),
			BPFStmt(unix.BPF_ALU|bpfXor|unix.BPF_X, 0),
			BPFStmt(unix.BPF_ALU|unix.BPF_MUL|unix.BPF_K, hashFactor),
			BPFStmt(unix.BPF_MISC|unix.BPF_TAX, 0),
		)
		offset, size = offset+uint32(step), size-step
	}
	f = append(f,
		BPFStmt(unix.BPF_MISC|unix.BPF_TXA, 0),
		BPFStmt(unix.BPF_ALU|unix.BPF_RSH|unix.BPF_K, hashFold),
		BPFStmt(unix.BPF_ALU|bpfXor|unix.BPF_X, 0),
	)
	return remainder(f, n)
}

// hashFactor is 2³² divided by the golden ratio, made odd; hashFold brings its
// well-mixed upper bits down to where a remainder looks.
const (
	hashFactor = 0x9e3779b1
	hashFold   = 16
)

// SteerHash is the hash that a program of [SteerByHash] computes: socket
// SteerHash(key) % n of n gets the packets with that key.
func SteerHash(key []byte) uint32 {
	var h uint32
	for len(key) > 0 {
		var word uint32
		switch {
		case len(key) >= 4:
			word, key = binary.BigEndian.Uint32(key), key[4:]
		case len(key) >= 2:
			word, key = uint32(binary.BigEndian.Uint16(key)), key[2:]
		default:
			word, key = uint32(key[0]), nil
		}
		h = (h ^ word) * hashFactor
	}
	return h ^ h>>hashFold
}

// guard begins a program that reads size bytes at offset: it leaves a packet that
// is too short to the kernel's hash, by an index that no socket can have. Without
// it the read would end the program with 0 and all short packets would go to
// socket 0. Headers need no guard, as they were parsed before. It reports whether
// there can be such bytes.
func guard(offset uint32, size int) (Filter, bool) {
	end := int64(offset) + int64(size)
	switch {
	case size < 0 || end > math.MaxUint32:
		return nil, false
	case offset >= SKF_LL_OFF:
		return nil, true
	}
	return Filter{
		BPFStmt(unix.BPF_LD|unix.BPF_W|unix.BPF_LEN, 0),
		BPFJump(unix.BPF_JMP|unix.BPF_JGE|unix.BPF_K, uint32(end), 1, 0),
		BPFStmt(unix.BPF_RET|unix.BPF_K, math.MaxUint32),
	}, true
}

// remainder ends a program: A modulo n is the index.
func remainder(f Filter, n int) Filter {
	return append(f,
		BPFStmt(unix.BPF_ALU|bpfMod|unix.BPF_K, uint32(max(n, 0))),
		BPFStmt(unix.BPF_RET|unix.BPF_A, 0),
	)
}
