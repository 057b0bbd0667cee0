//go:build !linux

package netdb

import "errors"

// sethostname is not in x/sys for these systems.
func sethostname(string) error { return errors.ErrUnsupported }
