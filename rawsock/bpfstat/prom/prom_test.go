package prom_test

import (
	"bytes"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock/bpfstat"
	"github.com/rawloop/rawloop/rawsock/bpfstat/prom"
)

// fixed is a Source that counts how often it is read.
type fixed struct {
	level bpfstat.Level
	sum   bpfstat.Totals
	err   error
	reads int
}

func (f *fixed) Level() bpfstat.Level { return f.level }

func (f *fixed) Totals() (bpfstat.Totals, error) {
	f.reads++
	return f.sum, f.err
}

func sample() bpfstat.Totals {
	s := bpfstat.Totals{
		Opened: 7, Closed: 6,
		TCP: bpfstat.TCPCounts{Received: 1000, Unread: 40, Sent: 2000, Unsent: 50, Retransmitted: 30, SegsIn: 11, SegsOut: 12, Retransmits: 3},
		Calls: bpfstat.CallCounts{
			Recv: 20, RecvBytes: 960, RecvAgain: 4, RecvErrors: 1, Send: 30, SendBytes: 2050, SendAgain: 5, SendErrors: 2,
		},
	}
	s.RTT.Sum, s.RTT.Count[4] = 60*time.Microsecond, 6
	s.Wait.Sum, s.Wait.Count[0], s.Wait.Count[10], s.Wait.Count[bpfstat.Buckets-1] = 10*time.Second, 5, 3, 2
	return s
}

func registry(t *testing.T, source prom.Source) *prometheus.Registry {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	if err := r.Register(prom.NewCollector(source)); err != nil {
		t.Fatal(err)
	}
	return r
}

func scrape(t *testing.T, r *prometheus.Registry) (code int, text string) {
	t.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(r, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Code, w.Body.String()
}

func TestScrape(t *testing.T) {
	source := &fixed{level: bpfstat.Wake, sum: sample()}
	r := registry(t, source)
	if source.reads != 0 {
		t.Errorf("%d reads before the first scrape", source.reads)
	}
	code, text := scrape(t, r)
	if code != 200 || source.reads != 1 {
		t.Errorf("status %d, %d reads", code, source.reads)
	}
	for _, line := range []string{
		`rawloop_socket_opened_total 7`,
		`rawloop_socket_closed_total 6`,
		`rawloop_socket_tcp_bytes_total{direction="in"} 1000`,
		`rawloop_socket_tcp_bytes_total{direction="out"} 2000`,
		`rawloop_socket_tcp_left_bytes_total{direction="in"} 40`,
		`rawloop_socket_tcp_left_bytes_total{direction="out"} 50`,
		`rawloop_socket_tcp_segments_total{direction="in"} 11`,
		`rawloop_socket_tcp_segments_total{direction="out"} 12`,
		`rawloop_socket_tcp_retransmits_total 3`,
		`rawloop_socket_tcp_retransmitted_bytes_total 30`,
		`rawloop_socket_tcp_round_trip_seconds_bucket{le="8e-06"} 0`,
		`rawloop_socket_tcp_round_trip_seconds_bucket{le="1.6e-05"} 6`,
		`rawloop_socket_tcp_round_trip_seconds_sum 6e-05`,
		`rawloop_socket_tcp_round_trip_seconds_count 6`,
		`rawloop_socket_calls_total{direction="in",result="ok"} 15`,
		`rawloop_socket_calls_total{direction="in",result="again"} 4`,
		`rawloop_socket_calls_total{direction="in",result="error"} 1`,
		`rawloop_socket_calls_total{direction="out",result="ok"} 23`,
		`rawloop_socket_calls_total{direction="out",result="again"} 5`,
		`rawloop_socket_calls_total{direction="out",result="error"} 2`,
		`rawloop_socket_bytes_total{direction="in"} 960`,
		`rawloop_socket_bytes_total{direction="out"} 2050`,
		`rawloop_socket_wait_seconds_bucket{le="1e-06"} 5`,
		`rawloop_socket_wait_seconds_bucket{le="0.001024"} 8`,
		`rawloop_socket_wait_seconds_bucket{le="4.194304"} 8`,
		`rawloop_socket_wait_seconds_bucket{le="+Inf"} 10`,
		`rawloop_socket_wait_seconds_sum 10`,
		`rawloop_socket_wait_seconds_count 10`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("the scrape lacks %s", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// A level shows what it counts, and no zeros of what it does not.
func TestLevels(t *testing.T) {
	for level, want := range map[bpfstat.Level][3]bool{
		bpfstat.Lifecycle: {true, false, false}, bpfstat.Calls: {true, true, false}, bpfstat.Wake: {true, true, true},
	} {
		_, text := scrape(t, registry(t, &fixed{level: level, sum: sample()}))
		for i, name := range []string{"rawloop_socket_opened_total", "rawloop_socket_calls_total", "rawloop_socket_wait_seconds_count"} {
			if strings.Contains(text, "\n"+name) != want[i] {
				t.Errorf("%v: %s there: want %v", level, name, want[i])
			}
		}
	}
}

func TestScrapeAfterClose(t *testing.T) {
	if code, text := scrape(t, registry(t, &fixed{err: bpfstat.ErrClosed})); code != 500 || !strings.Contains(text, bpfstat.ErrClosed.Error()) {
		t.Errorf("status %d: %s", code, text)
	}
}

// Prometheus' own linter finds nothing to say.
func TestPromtool(t *testing.T) {
	sockettest.NeedProgram(t, "promtool")
	_, text := scrape(t, registry(t, &fixed{level: bpfstat.Wake, sum: sample()}))
	cmd := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	cmd.Stdin = strings.NewReader(text)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil || out.Len() > 0 {
		t.Errorf("%v\n%s", err, out.String())
	}
}

var _ prom.Source = (*bpfstat.Counters)(nil)
