package bpfsteer_test

import (
	"testing"

	"github.com/rawloop/rawloop/internal/sockettest"
)

func TestMain(m *testing.M) { sockettest.Main(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
