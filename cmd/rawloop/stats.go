package main

import (
	"encoding/json"
	"io"

	"github.com/rawloop/rawloop/poller/loop"
)

// serverStats is what echo --json prints when the server ends. Fields are added, never renamed, under one schema.
type serverStats struct {
	Schema       string       `json:"schema"`
	Engine       string       `json:"engine"`
	Listeners    []string     `json:"listeners"`
	Seconds      float64      `json:"seconds"`
	Accepted     int64        `json:"accepted"`
	Closed       int64        `json:"closed"`
	Open         int64        `json:"open"`
	Shed         int64        `json:"shed"`
	AcceptErrors int64        `json:"accept_errors"`
	BytesIn      int64        `json:"bytes_in"`
	BytesOut     int64        `json:"bytes_out"`
	Drain        *drainReport `json:"drain,omitempty"`
	Loop         *loop.Stats  `json:"loop,omitempty"` // of engine loop
	*comparison               // with --counters
}

const echoSchema = "rawloop.echo/1"

// printLine writes one object as a line.
func printLine(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printJSON writes one object and a newline.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
