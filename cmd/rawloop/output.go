package main

import (
	"fmt"
	"io"

	"github.com/spf13/pflag"
)

// verbosity is how much a verb says on stderr beside its errors.
type verbosity struct {
	quiet   bool
	verbose bool
}

// define adds -q and -v; detail says what the latter prints.
func (v *verbosity) define(fs *pflag.FlagSet, detail string) {
	fs.BoolVarP(&v.quiet, "quiet", "q", false, "print errors only")
	fs.BoolVarP(&v.verbose, "verbose", "v", false, "print "+detail)
}

// reporter prints lines as the command's own.
func reporter(w io.Writer) func(format string, args ...any) {
	return func(format string, args ...any) { fmt.Fprintf(w, "rawloop: "+format+"\n", args...) }
}

// notes is a reporter of what is not an error, silent under -q.
func (v verbosity) notes(w io.Writer) func(format string, args ...any) {
	if v.quiet {
		w = io.Discard
	}
	return reporter(w)
}

// details is a reporter that only -v gives a voice.
func (v verbosity) details(w io.Writer) func(format string, args ...any) {
	if !v.verbose {
		w = io.Discard
	}
	return reporter(w)
}
