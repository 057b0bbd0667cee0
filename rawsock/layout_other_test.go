//go:build !linux

package rawsock_test

import (
	"errors"
	"testing"

	"github.com/rawloop/rawloop/rawsock"
)

// familyLow is which byte of an address holds its family.
const familyLow = 1

// sizeByte is the byte of an address that does not hold its family.
func sizeByte(size int) byte { return byte(size) }

func abstractError(error) error { return errors.ErrUnsupported }

func familySeeds(testing.TB) [][]byte { return nil }

func checkFamilies(*testing.T, rawsock.Sockaddr) {}
