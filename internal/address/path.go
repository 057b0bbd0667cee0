package address

import (
	"fmt"
	"strings"

	"github.com/rawloop/rawloop/rawsock"
)

// parsePath reads a unix path: percent escapes stand for bytes that the grammar uses itself (%3F is '?', %25 is '%', %00 is NUL).
func parsePath(a *Address, rest string) error {
	path, err := unescapePath(rest)
	if err != nil {
		return err
	}
	switch {
	case path == "":
		return fmt.Errorf("missing path; write %s:///absolute, %s://relative or %s://@abstract", a.Network, a.Network, a.Network)
	case path == "@":
		return fmt.Errorf("missing name after '@'")
	case path[0] != '@' && strings.IndexByte(path, 0) >= 0:
		return fmt.Errorf("a path cannot hold a NUL byte")
	}
	if _, err := unixSockaddr(path); err != nil {
		return fmt.Errorf("path of %d bytes: %w", len(path), err)
	}
	a.Path = path
	return nil
}

func unixSockaddr(path string) (rawsock.Sockaddr, error) {
	if name, ok := strings.CutPrefix(path, "@"); ok {
		return rawsock.SockaddrUnixAbstract(name)
	}
	return rawsock.SockaddrUnixPath(path)
}

func unescapePath(s string) (string, error) {
	if strings.IndexByte(s, '%') < 0 {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
			return "", fmt.Errorf("'%%' begins an escape of two hexadecimal digits; write %%25 for '%%' itself")
		}
		b.WriteByte(byte(unhex(s[i+1])<<4 | unhex(s[i+2])))
		i += 2
	}
	return b.String(), nil
}

func unhex(c byte) int {
	if 'A' <= c && c <= 'F' {
		c += 'a' - 'A'
	}
	return strings.IndexByte("0123456789abcdef", c)
}

// escapePath writes everything but printable ASCII as an escape, so that an address is always one line.
func escapePath(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c == '%' || c == '?' || c < ' ' || c > '~' {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
