package bpfstat_test

import (
	"testing"

	"github.com/rawloop/rawloop/internal/sockettest"
)

func TestMain(m *testing.M) { sockettest.Main(m) }
