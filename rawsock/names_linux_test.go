package rawsock_test

import (
	"fmt"
	"maps"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

func TestNamesOfLinux(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{rawsock.FamilyName(unix.AF_NETLINK), "AF_NETLINK"},
		{rawsock.FamilyName(unix.AF_MCTP), "AF_MCTP"},
		{rawsock.FamilyName(unix.AF_MAX), strconv.Itoa(unix.AF_MAX)},
		{rawsock.TypeName(unix.SOCK_PACKET), "SOCK_PACKET"},
		{rawsock.TypeName(unix.SOCK_STREAM | unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC), "SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK"},
		{rawsock.TypeName(unix.SOCK_DGRAM | unix.SOCK_CLOEXEC | 1<<20), "SOCK_DGRAM|SOCK_CLOEXEC|0x100000"},
		{rawsock.ProtoName(unix.IPPROTO_MPTCP), "IPPROTO_MPTCP"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

// named is every number that has a name, by its name.
func named() map[string]int {
	names := map[string]int{}
	for number := range 512 {
		for _, name := range []string{rawsock.FamilyName(number), rawsock.TypeName(number & 0xf), rawsock.ProtoName(number)} {
			switch {
			case strings.HasPrefix(name, "SOCK_"):
				names[name] = number & 0xf
			case name != strconv.Itoa(number) && name != strconv.Itoa(number&0xf):
				names[name] = number
			}
		}
	}
	return names
}

// No name has another number in the C library's headers, and no family of theirs
// lacks a name here.
func TestNamesAgainstCHeaders(t *testing.T) {
	sockettest.NeedProgram(t, "cc")
	var asserts strings.Builder
	asserts.WriteString("#include <sys/socket.h>\n#include <linux/in.h>\n")
	for name, number := range named() {
		fmt.Fprintf(&asserts, "#ifdef %s\n_Static_assert(%s == %d, \"%s\");\n#endif\n", name, name, number, name)
	}
	cc := exec.Command("cc", "-xc", "-Wall", "-Werror", "-fsyntax-only", "-")
	cc.Stdin = strings.NewReader(asserts.String())
	if out, err := cc.CombinedOutput(); err != nil {
		t.Errorf("cc: %v\n%s", err, out)
	}
	cc = exec.Command("cc", "-xc", "-E", "-dM", "-")
	cc.Stdin = strings.NewReader("#include <sys/socket.h>\n")
	macros, err := cc.Output()
	check(t, err)
	families := 0
	for line := range strings.Lines(string(macros)) {
		fields := strings.Fields(line)
		if len(fields) != 3 || !strings.HasPrefix(fields[1], "PF_") || fields[1] == "PF_MAX" {
			continue
		}
		number, err := strconv.Atoi(fields[2])
		if err != nil {
			continue // another name for one that comes by itself
		}
		families++
		want := "A" + fields[1][1:]
		if want == "AF_LOCAL" {
			want = "AF_UNIX"
		}
		if got := rawsock.FamilyName(number); got != want {
			t.Errorf("%s has the name %s", want, got)
		}
	}
	if families < 40 {
		t.Errorf("%d families in the headers:\n%s", families, macros)
	}
}

// pythonConstants prints every constant of Python's with the prefixes that are
// its arguments, and its number.
const pythonConstants = `
import socket, sys
prefixes = tuple(sys.argv[1:])
for name in dir(socket):
    if name.startswith(prefixes):
        print(name, int(getattr(socket, name)))
`

// A22: whatever Python has a constant for has a name, the same one unless the
// number has two.
func TestNamesAgainstPython(t *testing.T) {
	constants := constantsOfPython(t, "AF_", "SOCK_", "IPPROTO_")
	other := map[string]string{"AF_ROUTE": "AF_NETLINK", "IPPROTO_HOPOPTS": "IPPROTO_IP", "IPPROTO_IPV4": "IPPROTO_IPIP"}
	for want, n := range constants {
		number := int(n)
		var got string
		switch prefix, _, _ := strings.Cut(want, "_"); {
		case want == "SOCK_CLOEXEC", want == "SOCK_NONBLOCK":
			got = strings.TrimPrefix(rawsock.TypeName(number|unix.SOCK_STREAM), "SOCK_STREAM|")
		case prefix == "AF":
			got = rawsock.FamilyName(number)
		case prefix == "SOCK":
			got = rawsock.TypeName(number)
		default:
			got = rawsock.ProtoName(number)
		}
		if got != want && got != other[want] {
			t.Errorf("%s = %d has the name %s", want, number, got)
		}
	}
	if len(constants) < 60 {
		t.Errorf("%d constants: %v", len(constants), constants)
	}
}

func constantsOfPython(t *testing.T, prefixes ...string) map[string]int64 {
	t.Helper()
	python := sockettest.NeedPython(t)
	out, err := exec.Command(python, append([]string{"-c", pythonConstants}, prefixes...)...).Output()
	check(t, err)
	constants := map[string]int64{}
	for line := range strings.Lines(string(out)) {
		var name string
		var number int64
		_, err := fmt.Sscan(line, &name, &number)
		check(t, err)
		constants[name] = number
	}
	return constants
}

// B5: the constants of <netinet/in.h> that Python has are here, with its numbers.
func TestInaddrConstantsAgainstPython(t *testing.T) {
	ours := map[string]int64{
		"INADDR_ANY":             rawsock.INADDR_ANY,
		"INADDR_LOOPBACK":        rawsock.INADDR_LOOPBACK,
		"INADDR_BROADCAST":       rawsock.INADDR_BROADCAST,
		"INADDR_NONE":            rawsock.INADDR_NONE,
		"INADDR_UNSPEC_GROUP":    rawsock.INADDR_UNSPEC_GROUP,
		"INADDR_ALLHOSTS_GROUP":  rawsock.INADDR_ALLHOSTS_GROUP,
		"INADDR_MAX_LOCAL_GROUP": rawsock.INADDR_MAX_LOCAL_GROUP,
		"IPPORT_RESERVED":        rawsock.IPPORT_RESERVED,
		"IPPORT_USERRESERVED":    rawsock.IPPORT_USERRESERVED,
	}
	if theirs := constantsOfPython(t, "INADDR_", "IPPORT_"); !maps.Equal(ours, theirs) {
		t.Errorf("%v, Python has %v", ours, theirs)
	}
}
