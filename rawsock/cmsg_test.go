package rawsock_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// appendWord appends a cmsg_len as this platform has it.
func appendWord(b []byte, n uint64) []byte {
	if unix.SizeofCmsghdr == 16 {
		return binary.NativeEndian.AppendUint64(b, n)
	}
	return binary.NativeEndian.AppendUint32(b, uint32(n))
}

// header is a struct cmsghdr, padded to where its data begins.
func header(size uint64, level, typ int) []byte {
	b := appendWord(nil, size)
	b = binary.NativeEndian.AppendUint32(b, uint32(level))
	b = binary.NativeEndian.AppendUint32(b, uint32(typ))
	return append(b, make([]byte, unix.CmsgLen(0)-len(b))...)
}

func collect(control []byte) []rawsock.Cmsg { return slices.Collect(rawsock.Cmsgs(control)) }

func TestCmsgMacros(t *testing.T) {
	for _, n := range []int{0, 1, 3, 4, 7, 8, 9, 20, 1012} {
		length, err := rawsock.CmsgLen(n)
		check(t, err)
		space, err := rawsock.CmsgSpace(n)
		check(t, err)
		aligned, err := rawsock.CmsgAlign(n)
		check(t, err)
		if length != unix.CmsgLen(n) || space != unix.CmsgSpace(n) || aligned != space-unix.CmsgSpace(0) {
			t.Errorf("%d bytes: CMSG_LEN %d, CMSG_SPACE %d, CMSG_ALIGN %d", n, length, space, aligned)
		}
		if got := len(rawsock.AppendCmsg(nil, 1, 2, make([]byte, n))); got != space {
			t.Errorf("%d bytes took %d, want %d", n, got, space)
		}
		if got := len(rawsock.NewControl(n, 1)); got != space+unix.CmsgSpace(1) {
			t.Errorf("NewControl(%d, 1): %d bytes", n, got)
		}
	}
}

// The largest sizes are those that Python's CMSG_LEN and CMSG_SPACE take.
func TestCmsgMacrosRefuseWhatOverflows(t *testing.T) {
	align := unix.CmsgSpace(1) - unix.CmsgSpace(0)
	for name, c := range map[string]struct {
		f     func(int) (int, error)
		limit int
	}{
		"len":   {rawsock.CmsgLen, math.MaxInt32 - unix.CmsgLen(0)},
		"space": {rawsock.CmsgSpace, math.MaxInt32 - unix.CmsgSpace(1)},
		"align": {rawsock.CmsgAlign, math.MaxInt32 - align + 1},
	} {
		if n, err := c.f(c.limit); err != nil || n < c.limit || n > math.MaxInt32 {
			t.Errorf("%s of %d: %d, %v", name, c.limit, n, err)
		}
		for _, n := range []int{c.limit + 1, math.MaxInt, -1, math.MinInt} {
			got, err := c.f(n)
			if wantErrno(t, err, unix.EINVAL); got != 0 {
				t.Errorf("%s of %d: %d", name, n, got)
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("NewControl of a negative size did not panic")
		}
	}()
	rawsock.NewControl(4, -1)
}

func TestAppendCmsgGolden(t *testing.T) {
	b := rawsock.AppendCmsg(nil, 1, -2, []byte("abcde"))
	b = rawsock.AppendCmsg(b, 41, 50, nil)
	want := header(uint64(unix.CmsgLen(5)), 1, -2)
	want = append(want, "abcde"...)
	want = append(want, make([]byte, unix.CmsgSpace(5)-len(want))...)
	want = append(want, header(uint64(unix.CmsgLen(0)), 41, 50)...)
	if !bytes.Equal(b, want) {
		t.Errorf("\ngot  % x\nwant % x", b, want)
	}
	msgs := collect(b)
	if len(msgs) != 2 || !msgs[0].Is(1, -2) || string(msgs[0].Data) != "abcde" || !msgs[1].Is(41, 50) || len(msgs[1].Data) != 0 {
		t.Errorf("%+v", msgs)
	}
	if first := msgs[0].Data; cap(first) != len(first) {
		t.Error("appending to Data would write over what follows it")
	}
}

func TestAppendCmsgOverwritesOldBytes(t *testing.T) {
	dirty := bytes.Repeat([]byte{0xff}, 256)
	got := rawsock.AppendCmsg(dirty[:0], 1, 2, []byte{3})
	if want := rawsock.AppendCmsg(nil, 1, 2, []byte{3}); !bytes.Equal(got, want) {
		t.Errorf("\ngot  % x\nwant % x", got, want)
	}
	if &got[0] != &dirty[0] {
		t.Error("a buffer with room was not used")
	}
}

// A message whose padding is missing, as the last one may be, can be followed by
// another.
func TestAppendCmsgPadsWhatCameBefore(t *testing.T) {
	whole := rawsock.AppendCmsg(nil, 1, 2, []byte("x"))
	cut := whole[:unix.CmsgLen(1)]
	got := rawsock.AppendCmsg(slices.Clone(cut), 3, 4, nil)
	if want := rawsock.AppendCmsg(whole, 3, 4, nil); !bytes.Equal(got, want) {
		t.Errorf("\ngot  % x\nwant % x", got, want)
	}
}

func TestCmsgsOfBadLengths(t *testing.T) {
	first := rawsock.AppendCmsg(nil, 1, 1, []byte("whole"))
	for name, c := range map[string]struct {
		after     []byte
		data      string
		truncated bool
		ends      bool
	}{
		"nothing":             {ends: true},
		"half a header":       {after: header(uint64(unix.CmsgLen(0)), 2, 2)[:unix.SizeofCmsghdr-1], ends: true},
		"length 0":            {after: append(header(0, 2, 2), "data"...), ends: true},
		"less than a header":  {after: append(header(unix.SizeofCmsghdr-1, 2, 2), "data"...), ends: true},
		"exactly a header":    {after: header(unix.SizeofCmsghdr, 2, 2)},
		"cut data":            {after: append(header(uint64(unix.CmsgLen(5)), 2, 2), "data"...), data: "data", truncated: true},
		"cut to no data":      {after: header(uint64(unix.CmsgLen(5)), 2, 2), truncated: true},
		"huge":                {after: append(header(math.MaxUint64, 2, 2), "data"...), data: "data", truncated: true},
		"as a negative int32": {after: append(header(1<<31, 2, 2), "data"...), data: "data", truncated: true},
		"without padding":     {after: append(header(uint64(unix.CmsgLen(4)), 2, 2), "data"...), data: "data"},
	} {
		t.Run(name, func(t *testing.T) {
			// What lies behind the end would be seen.
			control := slices.Concat(first, c.after, bytes.Repeat([]byte{0x7f}, 64))[:len(first)+len(c.after)]
			msgs := collect(control)
			if len(msgs) == 0 || string(msgs[0].Data) != "whole" || msgs[0].Truncated {
				t.Fatalf("%+v", msgs)
			}
			if c.ends {
				if len(msgs) != 1 {
					t.Errorf("went on: %+v", msgs[1:])
				}
				return
			}
			if len(msgs) != 2 || string(msgs[1].Data) != c.data || msgs[1].Truncated != c.truncated || !msgs[1].Is(2, 2) {
				t.Errorf("%+v", msgs[1:])
			}
		})
	}
}

func TestCmsgsStops(t *testing.T) {
	b := rawsock.AppendCmsg(rawsock.AppendCmsg(nil, 1, 1, nil), 2, 2, nil)
	n := 0
	for range rawsock.Cmsgs(b) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d messages after break", n)
	}
}

// FuzzCmsgs: whatever bytes come, every message lies within them, and where x/sys
// understands all of them it finds the same.
func FuzzCmsgs(f *testing.F) {
	two := rawsock.AppendCmsg(rawsock.AppendCmsg(nil, 1, 1, []byte{1, 0, 0, 0}), 41, 50, make([]byte, 20))
	for _, n := range []int{0, 1, unix.SizeofCmsghdr, len(two) - 21, len(two)} {
		f.Add(two[:n])
	}
	f.Add(header(math.MaxUint64, 1, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		control := append(slices.Clone(b), bytes.Repeat([]byte{0xa5}, 32)...)[:len(b)]
		var again []byte
		var msgs []rawsock.Cmsg
		used := 0
		for m := range rawsock.Cmsgs(control) {
			if used += unix.SizeofCmsghdr + len(m.Data); used > len(b) || cap(m.Data) != len(m.Data) {
				t.Fatalf("%d bytes hold %d, the last with capacity %d", len(b), used, cap(m.Data))
			}
			msgs = append(msgs, m)
			again = rawsock.AppendCmsg(again, m.Level, m.Type, m.Data)
		}
		for i, m := range collect(again) {
			if i >= len(msgs) || m.Truncated || !m.Is(msgs[i].Level, msgs[i].Type) || !bytes.Equal(m.Data, msgs[i].Data) {
				t.Fatalf("%+v became %+v", msgs, collect(again))
			}
		}
		compareWithXSys(t, b, msgs)
	})
}

func compareWithXSys(t *testing.T, b []byte, msgs []rawsock.Cmsg) {
	for _, m := range msgs {
		if m.Truncated {
			return
		}
	}
	// x/sys slices beyond the end for a cmsg_len between the header's size and
	// its aligned size, or with its alignment past the end.
	theirs, ok := func() (s []unix.SocketControlMessage, ok bool) {
		defer func() { recover() }()
		s, err := unix.ParseSocketControlMessage(b)
		return s, err == nil
	}()
	if !ok {
		return
	}
	if len(theirs) != len(msgs) {
		t.Fatalf("% x: %d messages, x/sys finds %d", b, len(msgs), len(theirs))
	}
	for i, m := range theirs {
		if !msgs[i].Is(int(m.Header.Level), int(m.Header.Type)) || !bytes.Equal(msgs[i].Data, m.Data) {
			t.Fatalf("%d: %+v, x/sys has %+v", i, msgs[i], m)
		}
	}
}

// FuzzAppendCmsg: what was built is what is found.
func FuzzAppendCmsg(f *testing.F) {
	f.Add(1, 1, []byte{3, 0, 0, 0}, 0, 2, []byte{}, uint8(3))
	f.Add(-1, 1<<30, []byte("x"), 41, 67, bytes.Repeat([]byte{1}, 40), uint8(0))
	f.Fuzz(func(t *testing.T, level1, type1 int, data1 []byte, level2, type2 int, data2 []byte, dirt uint8) {
		b := bytes.Repeat([]byte{dirt}, int(dirt))[:0]
		b = rawsock.AppendCmsg(b, level1, type1, data1)
		b = rawsock.AppendCmsg(b, level2, type2, data2)
		msgs := collect(b)
		if len(msgs) != 2 || len(b) != unix.CmsgSpace(len(data1))+unix.CmsgSpace(len(data2)) {
			t.Fatalf("%d messages in %d bytes", len(msgs), len(b))
		}
		for i, want := range []rawsock.Cmsg{{Level: level1, Type: type1, Data: data1}, {Level: level2, Type: type2, Data: data2}} {
			got := msgs[i]
			if !got.Is(int(int32(want.Level)), int(int32(want.Type))) || !bytes.Equal(got.Data, want.Data) || got.Truncated {
				t.Fatalf("%+v became %+v", want, got)
			}
		}
	})
}
