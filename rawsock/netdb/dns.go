package netdb

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// The failures of an exchange, beside those of the network and of time.
var (
	errServer  = errors.New("the name server has failed")
	errRefused = errors.New("the name server refuses")
	errMessage = errors.New("the name server's answer is malformed")
	errStrange = errors.New("too many answers to other questions")
)

const (
	// maxStrange is how many packets that answer another question are read while
	// waiting for the answer: who could guess a port and an id has that many tries.
	maxStrange = 32
	// maxUDP is the largest answer over UDP without EDNS (RFC 1035, 4.2.1); a longer
	// one is taken, as by the C library.
	maxUDP = 64 << 10
)

// reply is an answer to the question that was asked.
type reply struct {
	rcode   dnsmessage.RCode
	cut     bool // the TC bit: ask again over TCP
	answers []dnsmessage.Resource
}

// query asks all name servers in turn, several times if need be, until one has
// answered. name is complete, without its last dot.
func query(ctx context.Context, c resolvConf, name string, typ dnsmessage.Type) (reply, error) {
	var q dnsmessage.Question
	var err error
	if q.Name, err = dnsmessage.NewName(name + "."); err != nil {
		return reply{}, err
	}
	q.Type, q.Class = typ, dnsmessage.ClassINET
	err = errServer
	for range c.attempts {
		for i, server := range c.servers {
			var rep reply
			if rep, err = exchange(ctx, server, q, c.wait(i)); err == nil {
				return rep, nil
			}
			if cause := context.Cause(ctx); cause != nil {
				return reply{}, cause
			}
		}
	}
	return reply{}, err
}

// wait is how long a server has: resolv.conf's time for the first one, and for
// each that follows twice as long, divided among them all, as in the C library.
func (c resolvConf) wait(server int) time.Duration {
	if server == 0 {
		return c.timeout
	}
	return c.timeout << server / time.Duration(len(c.servers))
}

// exchange asks one name server, over UDP and if the answer is cut over TCP. What
// is not an answer but says that the server cannot answer is an error.
func exchange(ctx context.Context, server netip.AddrPort, q dnsmessage.Question, limit time.Duration) (reply, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, os.ErrDeadlineExceeded)
	defer cancel()
	rep, err := roundTrip(ctx, "udp", server, q)
	if err == nil && rep.cut {
		rep, err = roundTrip(ctx, "tcp", server, q)
	}
	if err != nil {
		return reply{}, fmt.Errorf("%v: %w", server, err)
	}
	switch rep.rcode {
	case dnsmessage.RCodeServerFailure:
		return reply{}, fmt.Errorf("%v: %w", server, errServer)
	case dnsmessage.RCodeNotImplemented, dnsmessage.RCodeRefused:
		return reply{}, fmt.Errorf("%v: %w", server, errRefused)
	}
	return rep, nil
}

// roundTrip sends one question and reads until its answer has come. A new socket
// for each question gives it a port that cannot be foreseen, and only packets from
// the server reach a connected one.
func roundTrip(ctx context.Context, network string, server netip.AddrPort, q dnsmessage.Question) (reply, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, server.String())
	if err != nil {
		return reply{}, causeOf(ctx, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	id, packet, err := pack(q)
	if err != nil {
		return reply{}, err
	}
	stream := network == "tcp"
	if stream {
		packet = append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...)
	}
	if _, err := conn.Write(packet); err != nil {
		return reply{}, causeOf(ctx, err)
	}
	buf := make([]byte, maxUDP)
	for range maxStrange {
		packet, err := receive(conn, buf, stream)
		if err != nil {
			return reply{}, causeOf(ctx, err)
		}
		if rep, ok, err := parseReply(packet, id, q); ok {
			return rep, err
		}
	}
	return reply{}, errStrange
}

func receive(conn net.Conn, buf []byte, stream bool) ([]byte, error) {
	if !stream {
		n, err := conn.Read(buf)
		return buf[:n], err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	packet := buf[:binary.BigEndian.Uint16(length[:])]
	_, err := io.ReadFull(conn, packet)
	return packet, err
}

// causeOf returns why ctx has ended, if it has: that is behind err then.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// pack builds a query with a random id.
func pack(q dnsmessage.Question) (id uint16, packet []byte, err error) {
	var random [2]byte
	rand.Read(random[:]) // never fails
	id = binary.BigEndian.Uint16(random[:])
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: id, RecursionDesired: true})
	if err = b.StartQuestions(); err == nil {
		err = b.Question(q)
	}
	if err != nil {
		return 0, nil, err
	}
	packet, err = b.Finish()
	return id, packet, err
}

// maxAnswers bounds the records that are read out of one answer.
const maxAnswers = 4096

// parseReply reads an answer. ok is false if it is none to this question: then it
// is not to be believed that the server sent it.
func parseReply(packet []byte, id uint16, q dnsmessage.Question) (rep reply, ok bool, err error) {
	var p dnsmessage.Parser
	h, err := p.Start(packet)
	if err != nil || !h.Response || h.ID != id {
		return reply{}, false, nil
	}
	asked, err := p.Question()
	if err != nil || asked.Type != q.Type || asked.Class != q.Class || !strings.EqualFold(asked.Name.String(), q.Name.String()) {
		return reply{}, false, nil
	}
	rep = reply{rcode: h.RCode, cut: h.Truncated}
	if rep.cut {
		return rep, true, nil
	}
	if p.SkipAllQuestions() != nil {
		return reply{}, true, errMessage
	}
	for range maxAnswers {
		rh, err := p.AnswerHeader()
		if err == dnsmessage.ErrSectionDone {
			return rep, true, nil
		}
		if err != nil {
			return reply{}, true, errMessage
		}
		r := dnsmessage.Resource{Header: rh}
		r.Body, err = readBody(&p, rh)
		if err != nil {
			return reply{}, true, errMessage
		}
		if r.Body != nil {
			rep.answers = append(rep.answers, r)
		}
	}
	return reply{}, true, errMessage
}

// readBody reads what follows the header of an answer; nil if it is of no use.
func readBody(p *dnsmessage.Parser, rh dnsmessage.ResourceHeader) (dnsmessage.ResourceBody, error) {
	if rh.Class != dnsmessage.ClassINET {
		return nil, p.SkipAnswer()
	}
	switch rh.Type {
	case dnsmessage.TypeA:
		body, err := p.AResource()
		return &body, err
	case dnsmessage.TypeAAAA:
		body, err := p.AAAAResource()
		return &body, err
	case dnsmessage.TypeCNAME:
		body, err := p.CNAMEResource()
		return &body, err
	case dnsmessage.TypePTR:
		body, err := p.PTRResource()
		return &body, err
	}
	return nil, p.SkipAnswer()
}
