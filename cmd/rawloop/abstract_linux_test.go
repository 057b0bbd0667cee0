package main

import (
	"strings"
	"testing"
)

func TestAbstractAddress(t *testing.T) {
	for _, engine := range engines {
		where := "unix://@rawloop-test/" + strings.ReplaceAll(socketPath(t), "/", "-") + "%00z"
		code, _, stderr := runCommand(t, nil, "connect", where)
		if code != exitFailure || !strings.Contains(stderr, "connection refused (nothing listens there)") {
			t.Errorf("nobody listens: exit %d, %s", code, stderr)
		}
		p := start(t, "echo", "--engine", engine, where)
		p.listening(1)
		code, stdout, stderr := runCommand(t, strings.NewReader("hello"), "connect", where)
		if code != exitOK || stdout != "hello" {
			t.Errorf("engine %s: exit %d, stdout %q, stderr %s", engine, code, stdout, stderr)
		}
	}
}
