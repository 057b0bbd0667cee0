//go:build linux

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestBatch(t *testing.T) {
	if _, err := compiler(); err != nil && os.Getenv("REQUIRE_TOOLS") != "1" {
		t.Skip(err)
	}
	var stdout, stderr bytes.Buffer
	if code := compareBatches(t.Context(), []string{"-rounds", "1", "-duration", "20ms"}, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	for _, way := range append(batchWays, "rawsock / cbatch", "gro / net-long") {
		if !strings.Contains(stdout.String(), way) {
			t.Errorf("no %s in\n%s", way, stdout.String())
		}
	}
	if code := compareBatches(t.Context(), []string{"-rounds", "0"}, &stdout, &stderr); code != exitUsage {
		t.Errorf("exit %d for no rounds", code)
	}
}

func TestBatchVerdicts(t *testing.T) {
	r := batchRun{}
	for _, way := range batchWays {
		r[way] = []batchSample{{Messages: 100, Seconds: 1, CPU: 5000}}
	}
	var out bytes.Buffer
	if !r.table(&out) || !strings.Contains(out.String(), "≥ 10 MISSED") || !strings.Contains(out.String(), "≥ 0.97 ok") {
		t.Errorf("all ways alike:\n%s", out.String())
	}
	for way, rate := range map[string]float64{"segment": 200, "gro": 1000} {
		r[way][0].Messages = rate
	}
	if out.Reset(); r.table(&out) {
		t.Errorf("all targets met:\n%s", out.String())
	}
}
