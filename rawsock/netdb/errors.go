package netdb

import (
	"context"
	"errors"
	"os"
	"strconv"
)

// EAI is what getaddrinfo(3) and getnameinfo(3) return for an error, with the
// numbers of the GNU C library. It is an error itself, for [errors.Is].
type EAI int

// The errors of getaddrinfo(3).
const (
	EAI_BADFLAGS   EAI = -1
	EAI_NONAME     EAI = -2 // no such host, or none of the services
	EAI_AGAIN      EAI = -3 // no name server answered, or it has failed
	EAI_FAIL       EAI = -4 // a name server answered what cannot be used
	EAI_NODATA     EAI = -5 // the host exists and has no address of the family
	EAI_FAMILY     EAI = -6
	EAI_SOCKTYPE   EAI = -7
	EAI_SERVICE    EAI = -8 // no such service for the type of socket
	EAI_ADDRFAMILY EAI = -9 // the node is an address of another family
	EAI_MEMORY     EAI = -10
	EAI_SYSTEM     EAI = -11 // the error beside it says what failed
	EAI_OVERFLOW   EAI = -12
	EAI_CANCELED   EAI = -101
)

var gaiTexts = map[EAI]string{
	EAI_BADFLAGS:   "Bad value for ai_flags",
	EAI_NONAME:     "Name or service not known",
	EAI_AGAIN:      "Temporary failure in name resolution",
	EAI_FAIL:       "Non-recoverable failure in name resolution",
	EAI_NODATA:     "No address associated with hostname",
	EAI_FAMILY:     "ai_family not supported",
	EAI_SOCKTYPE:   "ai_socktype not supported",
	EAI_SERVICE:    "Servname not supported for ai_socktype",
	EAI_ADDRFAMILY: "Address family for hostname not supported",
	EAI_MEMORY:     "Memory allocation failure",
	EAI_SYSTEM:     "System error",
	EAI_CANCELED:   "Request canceled",
}

// GaiStrerror is gai_strerror(3): the GNU C library's text for code.
func GaiStrerror(code EAI) string {
	if text, ok := gaiTexts[code]; ok {
		return text
	}
	return "Unknown error"
}

// Error returns the text of gai_strerror(3).
func (e EAI) Error() string { return GaiStrerror(e) }

// HErrno is h_errno(3): what gethostbyname and gethostbyaddr leave for an error.
// It is an error itself, for [errors.Is].
type HErrno int

// The values of h_errno.
const (
	NETDB_INTERNAL HErrno = -1 // the error beside it says what failed
	NETDB_SUCCESS  HErrno = 0
	HOST_NOT_FOUND HErrno = 1
	TRY_AGAIN      HErrno = 2 // no name server answered, or it has failed
	NO_RECOVERY    HErrno = 3 // a name server answered what cannot be used
	NO_DATA        HErrno = 4 // the name exists and has no such data
	NO_ADDRESS            = NO_DATA
)

var hostTexts = [...]string{
	"Resolver Error 0 (no error)", "Unknown host", "Host name lookup failure", "Unknown server error", "No address associated with name",
}

// Hstrerror is hstrerror(3): the GNU C library's text for code.
func Hstrerror(code HErrno) string {
	switch {
	case code < 0:
		return "Resolver internal error"
	case int(code) < len(hostTexts):
		return hostTexts[code]
	}
	return "Unknown resolver error"
}

// Error returns the text of hstrerror(3).
func (e HErrno) Error() string { return Hstrerror(e) }

// GaiError is the error of Getaddrinfo, Gethostbyname and Getnameinfo. errors.Is
// finds Code and Err in it.
type GaiError struct {
	Call string // "getaddrinfo" or "getnameinfo"
	Name string // what was asked for
	Code EAI
	Err  error // what is behind it, or nil
}

func (e *GaiError) Error() string { return lookupText(e.Call, e.Name, e.Code, e.Err) }

// Unwrap returns Code, and Err if there is one.
func (e *GaiError) Unwrap() []error { return both(e.Code, e.Err) }

// Temporary reports whether the same call may succeed later.
func (e *GaiError) Temporary() bool { return e.Code == EAI_AGAIN }

// Timeout reports whether time ran out: that of the context, or that which the
// name servers had.
func (e *GaiError) Timeout() bool { return timedOut(e.Err) }

// HostError is the error of GethostbynameEx and Gethostbyaddr, which have
// h_errno. errors.Is finds Code and Err in it.
type HostError struct {
	Call string // "gethostbyname" or "gethostbyaddr"
	Name string // what was asked for
	Code HErrno
	Err  error // what is behind it, or nil
}

func (e *HostError) Error() string { return lookupText(e.Call, e.Name, e.Code, e.Err) }

// Unwrap returns Code, and Err if there is one.
func (e *HostError) Unwrap() []error { return both(e.Code, e.Err) }

// Temporary reports whether the same call may succeed later.
func (e *HostError) Temporary() bool { return e.Code == TRY_AGAIN }

// Timeout reports whether time ran out: that of the context, or that which the
// name servers had.
func (e *HostError) Timeout() bool { return timedOut(e.Err) }

// ErrNotFound is the error (wrapped) of a service or protocol that has no entry.
var ErrNotFound = errors.New("not found")

// EntryError is the error of Getservbyname and its siblings. errors.Is finds Err
// in it.
type EntryError struct {
	Call string // "getservbyname"
	Name string // what was asked for: "http/tcp"
	Err  error  // ErrNotFound, or why the file could not be read
}

func (e *EntryError) Error() string {
	return e.Call + " " + strconv.Quote(e.Name) + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *EntryError) Unwrap() error { return e.Err }

func lookupText(call, name string, code, behind error) string {
	text := call + " " + strconv.Quote(name) + ": " + code.Error()
	if behind != nil {
		text += " (" + behind.Error() + ")"
	}
	return text
}

func both(code, behind error) []error {
	if behind == nil {
		return []error{code}
	}
	return []error{code, behind}
}

func timedOut(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}
