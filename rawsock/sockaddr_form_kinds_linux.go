package rawsock

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

var (
	decimal8  = unsigned{1, 10, binary.NativeEndian}
	decimal16 = unsigned{2, 10, binary.NativeEndian}
	decimal32 = unsigned{4, 10, binary.NativeEndian}
	hex8      = unsigned{1, 16, binary.NativeEndian}
	hex32     = unsigned{4, 16, binary.NativeEndian}
)

// unsigned is a number of so many bytes, written in base 10 or 16.
type unsigned struct {
	size, base int
	order      binary.ByteOrder
}

func (u unsigned) text(b []byte) string {
	v := u.get(b)
	switch {
	case v == 0:
		return ""
	case u.base == 16:
		return "0x" + strconv.FormatUint(v, 16)
	}
	return strconv.FormatUint(v, 10)
}

func (u unsigned) parse(b []byte, text string) (int, error) {
	v, err := strconv.ParseUint(text, 0, 8*u.size)
	if err != nil {
		return 0, unix.EINVAL
	}
	u.put(b, v)
	return u.size, nil
}

func (u unsigned) get(b []byte) uint64 {
	switch u.size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(u.order.Uint16(b))
	case 4:
		return uint64(u.order.Uint32(b))
	}
	return u.order.Uint64(b)
}

func (u unsigned) put(b []byte, v uint64) {
	switch u.size {
	case 1:
		b[0] = byte(v)
	case 2:
		u.order.PutUint16(b, uint16(v))
	case 4:
		u.order.PutUint32(b, uint32(v))
	default:
		u.order.PutUint64(b, v)
	}
}

type signed8 struct{}

func (signed8) text(b []byte) string {
	if b[0] == 0 {
		return ""
	}
	return strconv.Itoa(int(int8(b[0])))
}

func (signed8) parse(b []byte, text string) (int, error) {
	v, err := strconv.ParseInt(text, 10, 8)
	if err != nil {
		return 0, unix.EINVAL
	}
	b[0] = byte(v)
	return 1, nil
}

// index is an interface: its index, or its name when it is parsed.
type index struct{}

func (index) text(b []byte) string { return decimal32.text(b) }

func (index) parse(b []byte, text string) (int, error) {
	v, err := InterfaceIndex(text)
	if err != nil {
		return 0, err
	}
	decimal32.put(b, uint64(v))
	return decimal32.size, nil
}

// chars is a string of at most so many bytes and a NUL.
type chars struct{ room int }

func (c chars) text(b []byte) string {
	s := cString(b[:min(c.room+1, len(b))])
	quoted := strconv.Quote(s)
	if unquoted(quoted) == s && !strings.Contains(s, " ") {
		return s
	}
	return quoted
}

func (c chars) parse(b []byte, text string) (int, error) {
	if len(text) > c.room {
		return 0, unix.ENAMETOOLONG
	}
	if strings.IndexByte(text, 0) >= 0 {
		return 0, unix.EINVAL
	}
	return copy(b, text) + 1, nil
}

// hardware is sll_halen, sll_addr.
type hardware struct{}

func (hardware) text(b []byte) string {
	return colons(b[1 : 1+min(b[0], MaxHardwareAddr)])
}

func (hardware) parse(b []byte, text string) (int, error) {
	addr, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(addr) > MaxHardwareAddr {
		return 0, unix.EINVAL
	}
	b[0] = byte(len(addr))
	return 1 + copy(b[1:], addr), nil
}

// bluetooth is a bdaddr_t.
type bluetooth struct{}

func (bluetooth) text(b []byte) string {
	addr := reversed(b)
	if addr == (BDAddr{}) {
		return ""
	}
	return colons(addr[:])
}

func (bluetooth) parse(b []byte, text string) (int, error) {
	addr, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(addr) != len(BDAddr{}) {
		return 0, unix.EINVAL
	}
	addr6 := reversed(addr)
	return copy(b, addr6[:]), nil
}

// colons is b as people write hardware addresses.
func colons(b []byte) string {
	var text strings.Builder
	for i, c := range b {
		if i > 0 {
			text.WriteByte(':')
		}
		text.WriteString(hex.EncodeToString([]byte{c}))
	}
	return text.String()
}
