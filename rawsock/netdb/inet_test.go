package netdb

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// B19
func TestInetAton_B19(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1": "7f000001", "127.1": "7f000001", "1.2": "01000002", "1.2.3": "01020003", "16909060": "01020304",
		"2130706433": "7f000001", "0x7f000001": "7f000001", "0x7f.1": "7f000001", "0X7F.1": "7f000001", "0177.0.0.1": "7f000001",
		"017700000001": "7f000001", "0x1.0x2.0x3.0x4": "01020304", "1.2.65535": "0102ffff", "1.16777215": "01ffffff", "0": "00000000",
		"4294967295": "ffffffff", "00.00.00.00": "00000000", "1.2.3.04": "01020304",
		"1.2.3.4 ": "01020304", "1.2.3.4 foo": "01020304", "1.2.3.4\tx": "01020304", "1.2.3.4\n": "01020304",
	} {
		got, err := InetAton(text)
		if err != nil || hex.EncodeToString(got[:]) != want {
			t.Errorf("InetAton(%q) = %x, %v, want %s", text, got, err, want)
		}
		if got := InetAddr(text); hex.EncodeToString(got[:]) != want {
			t.Errorf("InetAddr(%q) = %x, want %s", text, got, want)
		}
	}
	for _, text := range []string{
		"4294967296", "1.2.3.256", "1.2.65536", "1.16777216", " 1.2.3.4", "1.2.3.4.", "1..2", "", "08.1.1.1", "0x", "0xg", "1.2.3.4.5",
		"256.1", "+1.2.3.4", "-1.2.3.4", "::1", "1.2.3.4\x00", "1.2.3.4é", "99999999999999999999999",
	} {
		if got, err := InetAton(text); !errors.Is(err, unix.EINVAL) {
			t.Errorf("InetAton(%q) = %x, %v, want EINVAL", text, got, err)
		}
		if got := InetAddr(text); got != [4]byte{255, 255, 255, 255} {
			t.Errorf("InetAddr(%q) = %x, want INADDR_NONE", text, got)
		}
	}
}

// B20
func TestInetNtoa_B20(t *testing.T) {
	if got := InetNtoa([4]byte{127, 0, 0, 255}); got != "127.0.0.255" {
		t.Errorf("got %s", got)
	}
}

// B21, B22: the packed form goes there and back.
func TestInetPtonNtop_B21_B22(t *testing.T) {
	for _, tt := range []struct {
		family   int
		in, text string
	}{
		{unix.AF_INET, "1.2.3.4", "1.2.3.4"},
		{unix.AF_INET6, "::1.2.3.4", "::1.2.3.4"},
		{unix.AF_INET6, "::ffff:1.2.3.4", "::ffff:1.2.3.4"},
		{unix.AF_INET6, "64:ff9b::1.2.3.4", "64:ff9b::102:304"},
		{unix.AF_INET6, "::fffe:1.2.3.4", "::fffe:102:304"},
		{unix.AF_INET6, "1:0:0:2:0:0:0:3", "1:0:0:2::3"},
		{unix.AF_INET6, "1:2:0:0:5:6:7:8", "1:2::5:6:7:8"},
		{unix.AF_INET6, "1:2:3:4:0:6:7:8", "1:2:3:4:0:6:7:8"},
		{unix.AF_INET6, "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
		{unix.AF_INET6, "0:0:0:0:0:1:0:0", "::1:0:0"},
		{unix.AF_INET6, "::01", "::1"},
		{unix.AF_INET6, "::", "::"},
		{unix.AF_INET6, "::2:0", "::0.2.0.0"},
		{unix.AF_INET6, "::ffff", "::ffff"},
	} {
		packed, err := InetPton(tt.family, tt.in)
		if err != nil {
			t.Errorf("InetPton(%s): %v", tt.in, err)
			continue
		}
		if got, err := InetNtop(tt.family, packed); err != nil || got != tt.text {
			t.Errorf("InetNtop(%x) = %s, %v, want %s", packed, got, err, tt.text)
		}
		if again, err := InetPton(tt.family, tt.text); err != nil || !slices.Equal(again, packed) {
			t.Errorf("InetPton(%s) = %x, %v, want %x", tt.text, again, err, packed)
		}
	}
	for _, text := range []string{"01.2.3.4", "001.2.3.4", "1.2.3", "1.2.3.4 ", "1.2.3.256", "0x1.2.3.4", "", "::1"} {
		if got, err := InetPton(unix.AF_INET, text); !errors.Is(err, unix.EINVAL) {
			t.Errorf("InetPton(AF_INET, %q) = %x, %v, want EINVAL", text, got, err)
		}
	}
	for _, text := range []string{"fe80::1%lo", "::00001", "1.2.3.4", "", ":", "1:2:3:4:5:6:7:8:9", "::1::", "::1.2.3.04"} {
		if got, err := InetPton(unix.AF_INET6, text); !errors.Is(err, unix.EINVAL) {
			t.Errorf("InetPton(AF_INET6, %q) = %x, %v, want EINVAL", text, got, err)
		}
	}
	if _, err := InetPton(unix.AF_UNIX, "1.2.3.4"); err != unix.EAFNOSUPPORT {
		t.Errorf("InetPton(AF_UNIX): %v", err)
	}
	if _, err := InetNtop(unix.AF_UNIX, make([]byte, 4)); err != unix.EAFNOSUPPORT {
		t.Errorf("InetNtop(AF_UNIX): %v", err)
	}
	for family, n := range map[int]int{unix.AF_INET: 16, unix.AF_INET6: 4} {
		if _, err := InetNtop(family, make([]byte, n)); err != unix.EINVAL {
			t.Errorf("InetNtop(%d, %d bytes): %v", family, n, err)
		}
	}
}

// B23
func TestByteOrder_B23(t *testing.T) {
	if got := binary.NativeEndian.AppendUint16(nil, Htons(0x1234)); hex.EncodeToString(got) != "1234" {
		t.Errorf("Htons(0x1234) is %x in memory", got)
	}
	if got := binary.NativeEndian.AppendUint32(nil, Htonl(0x12345678)); hex.EncodeToString(got) != "12345678" {
		t.Errorf("Htonl(0x12345678) is %x in memory", got)
	}
	if Ntohs(Htons(0x1234)) != 0x1234 || Ntohl(Htonl(0x12345678)) != 0x12345678 {
		t.Error("not there and back")
	}
}

func TestInetLegacy(t *testing.T) {
	for text, want := range map[string]uint32{"10": 10, "10.1": 0x0a01, "192.0.2": 0xc00002, "0x10.010": 0x1008, "1.2.3.4 ": 0x01020304} {
		if got, err := InetNetwork(text); err != nil || got != want {
			t.Errorf("InetNetwork(%q) = %#x, %v, want %#x", text, got, err, want)
		}
	}
	for _, text := range []string{"", "256", "1.2.3.4.5", "1..2", "1.2x", "08"} {
		if got, err := InetNetwork(text); err == nil {
			t.Errorf("InetNetwork(%q) = %#x", text, got)
		}
	}
	for _, tt := range []struct {
		net, host uint32
		text      string
	}{{10, 0x010203, "10.1.2.3"}, {0xac10, 0x0102, "172.16.1.2"}, {0xc00002, 7, "192.0.2.7"}, {0xe0000000, 5, "224.0.0.5"}} {
		addr := InetMakeaddr(tt.net, tt.host)
		if got := InetNtoa(addr); got != tt.text {
			t.Errorf("InetMakeaddr(%#x, %#x) = %s, want %s", tt.net, tt.host, got, tt.text)
		}
		if strings.HasPrefix(tt.text, "224") {
			continue
		}
		if net, host := InetNetof(addr), InetLnaof(addr); net != tt.net || host != tt.host {
			t.Errorf("%s: network %#x, host %#x", tt.text, net, host)
		}
	}
}
