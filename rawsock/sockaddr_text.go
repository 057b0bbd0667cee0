package rawsock

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// String returns the address as text for people:
//
//	127.0.0.1:80              inet
//	[fe80::1%2]:80            inet6, the scope as a number, flow information left out
//	/run/x.sock               unix path that begins with / or . and is printable
//	"x.sock"                  any other unix path, as a Go string
//	@abs\x00c                 abstract name, escaped as in a Go string
//	unnamed                   unix without a name
//	family 40: 00000102       any other family: the bytes after the family, in hexadecimal
//	none                      no address
func (sa Sockaddr) String() string {
	if sa.IsZero() {
		return "none"
	}
	if ap := sa.AddrPort(); ap.IsValid() {
		return ap.String()
	}
	name, kind := sa.unixName()
	switch kind {
	case UnixUnnamed:
		return "unnamed"
	case UnixPath:
		return pathText(string(name))
	case UnixAbstract:
		return "@" + unquoted(strconv.Quote(string(name)))
	}
	b := sa.raw.Bytes()
	return fmt.Sprintf("family %d: %s", sa.family(), hex.EncodeToString(b[min(sockaddrHeader, len(b)):]))
}

// pathText leaves alone only what cannot be taken for another kind of address.
func pathText(path string) string {
	quoted := strconv.Quote(path)
	if strings.ContainsRune("/.", rune(path[0])) && unquoted(quoted) == path {
		return path
	}
	return quoted
}

func unquoted(s string) string { return s[1 : len(s)-1] }
