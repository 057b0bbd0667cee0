package bpfsteer

import (
	"errors"
	"fmt"
)

// Policy says how a socket is chosen.
type Policy uint8

const (
	// RoundRobin goes from slot to slot.
	RoundRobin Policy = iota
	// ByCPU takes the slot with the number of the CPU that handles the packet,
	// modulo Config.Slots. Of a TCP connection that is its SYN, or with SYN cookies
	// the packet that completes it.
	ByCPU
	// ByKey takes a slot by a hash, so that equal keys meet in one place. A key
	// whose slot is empty goes to another until its own is filled again; the keys
	// of the other slots stay.
	ByKey
)

// Config shapes a Group.
type Config struct {
	Policy Policy

	// Slots is how many sockets the group can have, at least 1. A slot may be
	// empty; its share then goes to others. After 64 empty ones the kernel's own
	// choice stands.
	Slots int

	// KeyOffset and KeySize say which bytes of a UDP payload are the key of ByKey,
	// at most 32, such as a QUIC connection id. With KeySize 0 it is the peer's IP
	// address, over UDP and TCP. A payload that is too short is spread by its flow.
	KeyOffset, KeySize int

	// Migrate has connections that wait at a listener which is closed go to
	// another one of the group.
	Migrate bool
}

// maxKey is MAX_KEY of the program.
const maxKey = 32

func (c *Config) check() error {
	switch {
	case c.Policy > ByKey:
		return fmt.Errorf("bpfsteer: Config.Policy is %d, want RoundRobin, ByCPU or ByKey", c.Policy)
	case c.Slots < 1 || c.Slots > 1<<16:
		return fmt.Errorf("bpfsteer: Config.Slots is %d, want 1..65536", c.Slots)
	case c.KeySize < 0 || c.KeySize > maxKey || c.KeyOffset < 0 || c.KeyOffset > 1<<16:
		return fmt.Errorf("bpfsteer: Config.KeyOffset and KeySize are %d and %d, want 0..65536 and 0..%d", c.KeyOffset, c.KeySize, maxKey)
	}
	return nil
}

// ErrUnavailable says that this process cannot steer here, and the error that
// matches it why. A program that the kernel's verifier refuses does not match.
var ErrUnavailable = errors.New("bpfsteer: unavailable")
