package rawsock

import "github.com/rawloop/rawloop/internal/sys"

// CallOf makes a traced call of a record.
func CallOf(c sys.Call) Call { return Call{c} }

// TracedCalls are the names of the calls that a line is made for.
func TracedCalls() (names []string) {
	for name := range signatures {
		names = append(names, name)
	}
	return names
}
