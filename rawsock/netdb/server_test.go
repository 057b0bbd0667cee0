package netdb

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// record is a record of the tests' zone. The first field says its type or how the
// server misbehaves.
type record struct{ typ, value string }

// zone is what the tests' name server knows. A name that is not in it does not
// exist.
var zone = map[string][]record{
	"www.example.test":             {{"CNAME", "web.example.test"}},
	"web.example.test":             {{"CNAME", "host.example.test"}},
	"host.example.test":            {{"A", "192.0.2.20"}, {"A", "198.51.100.20"}, {"A", "127.0.0.20"}, {"AAAA", "2001:db8::20"}, {"AAAA", "2001:db8:1::20"}, {"AAAA", "fd00::20"}},
	"four.example.test":            {{"A", "203.0.113.4"}, {"A", "192.0.2.4"}, {"A", "192.0.2.2"}, {"A", "10.0.0.4"}, {"A", "169.254.1.4"}},
	"six6.example.test":            {{"AAAA", "2002:c000:204::1"}, {"AAAA", "2001:db8::6"}, {"AAAA", "fec0::6"}, {"AAAA", "2001::6"}, {"AAAA", "::ffff:192.0.2.6"}, {"AAAA", "fe80::6"}, {"AAAA", "ff0e::6"}, {"AAAA", "::1"}},
	"nodata.example.test":          {{"TXT", ""}},
	"alias4.example.test":          {{"CNAME", "host.example.test"}},
	"far.example.test":             {{"A", "203.0.113.9"}, {"A", "198.51.100.1"}},
	"old.example.test":             {{"AAAA", "fd00::1"}, {"AAAA", "2001:db8::20"}},
	"UPPER.example.test":           {{"A", "192.0.2.30"}},
	"deep.sub.example.test":        {{"A", "192.0.2.31"}},
	"under_score.example.test":     {{"A", "192.0.2.32"}},
	"fail.example.test":            {{"fail", ""}},
	"refused.example.test":         {{"refuse", ""}},
	"big.example.test":             {{"cut", "192.0.2.33"}, {"A", "192.0.2.33"}, {"A", "192.0.2.34"}},
	"strange.example.test":         {{"strange", ""}, {"A", "192.0.2.35"}},
	"other.example.test":           {{"other", ""}, {"A", "192.0.2.36"}},
	"dangling.example.test":        {{"CNAME", "gone.example.test"}},
	"20.2.0.192.in-addr.arpa":      {{"PTR", "host.example.test"}, {"PTR", "second.example.test"}},
	"30.2.0.192.in-addr.arpa":      {{"CNAME", "30.0/25.2.0.192.in-addr.arpa"}},
	"30.0/25.2.0.192.in-addr.arpa": {{"PTR", "upper.example.test"}},
	"0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": {{"PTR", "host6.example.test"}},
	// What only a hostile server says.
	"evil.example.test":       {{"CNAME", "no good.example.test"}},
	"no good.example.test":    {{"A", "192.0.2.66"}},
	"loop1.example.test":      {{"CNAME", "loop2.example.test"}},
	"loop2.example.test":      {{"CNAME", "loop1.example.test"}},
	"pointer.example.test":    {{"pointer", ""}},
	"flood.example.test":      {{"flood", ""}},
	"silent.example.test":     {{"silent", ""}},
	"evilptr.example.test":    {{"A", "192.0.2.67"}},
	"67.2.0.192.in-addr.arpa": {{"PTR", "-rf.example.test"}},
}

func has(records []record, typ string) bool {
	for _, r := range records {
		if r.typ == typ {
			return true
		}
	}
	return false
}

// nameServer answers from zone over UDP and TCP on one address.
type nameServer struct {
	addr     netip.AddrPort
	udp, tcp atomic.Int64 // questions
}

// serve starts a name server on addr, "127.0.0.1:0" or the like.
func serve(t testing.TB, addr string) *nameServer {
	t.Helper()
	pc, l := listen(t, addr)
	s := &nameServer{addr: pc.LocalAddr().(*net.UDPAddr).AddrPort()}
	var wg sync.WaitGroup
	t.Cleanup(func() { pc.Close(); l.Close(); wg.Wait() })
	wg.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			s.udp.Add(1)
			for _, packet := range answer(buf[:n], true) {
				pc.WriteTo(packet, from)
			}
		}
	})
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.serveTCP(c) })
		}
	})
	return s
}

// listen takes a port that is free for both, which one that the kernel chose for
// UDP need not be for TCP.
func listen(t testing.TB, addr string) (net.PacketConn, net.Listener) {
	t.Helper()
	var failed error
	for range 20 {
		pc, err := net.ListenPacket("udp", addr)
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", pc.LocalAddr().String())
		if err == nil {
			return pc, l
		}
		failed = err
		pc.Close()
	}
	t.Fatal(failed)
	return nil, nil
}

func (s *nameServer) serveTCP(c net.Conn) {
	defer c.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(c, length[:]); err != nil {
			return
		}
		packet := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(c, packet); err != nil {
			return
		}
		s.tcp.Add(1)
		for _, packet := range answer(packet, false) {
			c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...))
		}
	}
}

// answer makes the packets that a question is answered with.
func answer(packet []byte, udp bool) [][]byte {
	var p dnsmessage.Parser
	h, err := p.Start(packet)
	if err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	name := strings.TrimSuffix(q.Name.String(), ".")
	records, known := lookupZone(name)
	h.Response, h.RecursionAvailable = true, true
	switch {
	case !known:
		h.RCode = dnsmessage.RCodeNameError
	case has(records, "fail"):
		h.RCode = dnsmessage.RCodeServerFailure
	case has(records, "refuse"):
		h.RCode = dnsmessage.RCodeRefused
	case has(records, "silent"):
		return nil
	case has(records, "cut") && udp:
		h.Truncated = true
		return [][]byte{message(h, q, nil)}
	case has(records, "pointer"):
		return [][]byte{pointerLoop(h, q)}
	case has(records, "flood"):
		return strangers(h, q, 2*maxStrange)
	}
	good := message(h, q, chain(name, q.Type))
	switch {
	case has(records, "strange"):
		return append(strangers(h, q, 3), good)
	case has(records, "other"):
		asked := q
		asked.Name = dnsmessage.MustNewName("host.example.test.")
		return [][]byte{message(h, asked, chain("host.example.test", q.Type)), good}
	}
	return [][]byte{good}
}

func lookupZone(name string) ([]record, bool) {
	for known, records := range zone {
		if strings.EqualFold(known, name) {
			return records, true
		}
	}
	return nil, false
}

// strangers are answers with another id, and addresses that must not be believed.
func strangers(h dnsmessage.Header, q dnsmessage.Question, n int) (packets [][]byte) {
	for i := range n {
		h.ID += uint16(i + 1)
		packets = append(packets, message(h, q, []resource{{strings.TrimSuffix(q.Name.String(), "."), record{"A", "192.0.2.66"}}}))
	}
	return packets
}

// pointerLoop is an answer whose record has a name that points to itself.
func pointerLoop(h dnsmessage.Header, q dnsmessage.Question) []byte {
	packet := message(h, q, nil)
	binary.BigEndian.PutUint16(packet[6:], 1) // ANCOUNT
	at := len(packet)
	packet = append(packet, 0xc0, byte(at))
	return append(packet, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 66)
}

type resource struct {
	owner string
	record
}

// chain are the records that a recursive server answers with.
func chain(name string, typ dnsmessage.Type) (all []resource) {
	for range 8 {
		records, _ := lookupZone(name)
		next := ""
		for _, r := range records {
			if r.typ == "CNAME" {
				next = r.value
			}
			if r.typ == "CNAME" || "Type"+r.typ == typ.String() {
				all = append(all, resource{name, r})
			}
		}
		if next == "" {
			break
		}
		name = next
	}
	return all
}

func message(h dnsmessage.Header, q dnsmessage.Question, resources []resource) []byte {
	b := dnsmessage.NewBuilder(nil, h)
	b.EnableCompression()
	errs := []error{b.StartQuestions(), b.Question(q), b.StartAnswers()}
	for _, r := range resources {
		rh := dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(r.owner + "."), Class: dnsmessage.ClassINET, TTL: 60}
		switch r.typ {
		case "A":
			errs = append(errs, b.AResource(rh, dnsmessage.AResource{A: netip.MustParseAddr(r.value).As4()}))
		case "AAAA":
			errs = append(errs, b.AAAAResource(rh, dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(r.value).As16()}))
		case "CNAME":
			errs = append(errs, b.CNAMEResource(rh, dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(r.value + ".")}))
		case "PTR":
			errs = append(errs, b.PTRResource(rh, dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(r.value + ".")}))
		}
	}
	packet, err := b.Finish()
	if err := errors.Join(append(errs, err)...); err != nil {
		panic(err)
	}
	return packet
}
