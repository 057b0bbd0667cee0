package netdb

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"
	"sync"
	"time"
)

// maxFile is how much of a file is read: what is longer is cut at a line.
const maxFile = 64 << 20

// file is the text of a file as it was when last looked at.
type file struct {
	mu    sync.Mutex
	path  string
	info  fs.FileInfo // nil: not read yet
	taken time.Time
	text  string
}

// young is the age below which a file's time does not tell whether it was changed
// since: file systems take times from a clock that ticks in up to 10 ms, some in
// whole seconds.
const young = 2 * time.Second

// read returns the text of the file at path, from memory if it has not changed.
func (f *file) read(path string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(path)
	if err != nil {
		f.info, f.text = nil, ""
		return "", err
	}
	if f.info != nil && f.path == path && unchanged(f.info, info) && f.taken.Sub(info.ModTime()) > young {
		return f.text, nil
	}
	taken := time.Now()
	text, err := readFile(path, info)
	if err != nil {
		f.info, f.text = nil, ""
		return "", err
	}
	f.path, f.info, f.taken, f.text = path, info, taken, text
	return text, nil
}

func unchanged(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// errNotRegular is the error of a file that has no end, such as a pipe.
var errNotRegular = errors.New("not a regular file")

// readFile returns the text of a file that is or was as info says.
func readFile(path string, info fs.FileInfo) (string, error) {
	if !info.Mode().IsRegular() && info.Mode()&fs.ModeCharDevice == 0 {
		return "", &fs.PathError{Op: "read", Path: path, Err: errNotRegular}
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var b strings.Builder
	b.Grow(int(min(info.Size(), maxFile)))
	n, err := io.Copy(&b, io.LimitReader(f, maxFile))
	text := b.String()
	if n == maxFile {
		text = text[:strings.LastIndexByte(text, '\n')+1]
	}
	return text, err
}

// entries yields the fields of each line of text that has any. A # or a NUL ends
// a line, as it does in C. The slice is good until the next line.
func entries(text string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		var fields []string
		for line := range strings.SplitSeq(text, "\n") {
			if end := strings.IndexAny(line, "#\x00"); end >= 0 {
				line = line[:end]
			}
			fields = fields[:0]
			for field := range strings.FieldsFuncSeq(line, isSpace) {
				fields = append(fields, field)
			}
			if len(fields) > 0 && !yield(fields) {
				return
			}
		}
	}
}
