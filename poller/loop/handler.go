package loop

// Handler is one connection's behaviour. A listener makes one for each
// connection, so state belongs in its fields. All callbacks run on the
// connection's loop, one at a time and never from inside a method call: Close
// in OnData returns before OnClose runs.
//
// A callback that panics closes its own connection and no other. It must not
// call runtime.Goexit (as testing.T.FailNow does): that ends the loop.
type Handler interface {
	// OnOpen is the first callback. A handler that speaks first writes here.
	OnOpen(c Conn)

	// OnData offers input and returns how many bytes of it were consumed. The
	// rest is kept and offered again, in front of what follows. in is the
	// loop's memory and valid until OnData returns; c.Write may borrow it.
	//
	// Keeping more than Limits.MaxUnconsumed closes the connection with
	// ErrInputFull, a count outside 0..len(in) with ErrBadConsume.
	OnData(c Conn, in []byte) (consumed int)

	// OnReadEOF says that the peer will send no more: it closed or
	// half-closed. rest is what was offered and never consumed, valid until
	// OnReadEOF returns. Writing goes on until c.Close or c.CloseWrite.
	OnReadEOF(c Conn, rest []byte)

	// OnDrain says that output which had passed the high-water mark, or of
	// which Write had refused some with ErrWriteQueueFull, fell to the
	// low-water mark.
	OnDrain(c Conn)

	// OnClose is the last callback and comes exactly once for each OnOpen. In
	// it c still answers RemoteAddr and LocalAddr and refuses everything else.
	// cause is nil if this side closed and everything was sent, or both sides
	// had half-closed; otherwise it says what ended the connection.
	OnClose(c Conn, cause error)
}

// Base answers every callback but OnData: it closes the connection when the
// peer has sent its last byte and ignores the others. Embed it to write only
// the callbacks that matter.
type Base struct{}

// OnOpen does nothing.
func (Base) OnOpen(Conn) {}

// OnReadEOF closes the connection once everything written is sent.
func (Base) OnReadEOF(c Conn, _ []byte) { c.Close() }

// OnDrain does nothing.
func (Base) OnDrain(Conn) {}

// OnClose does nothing.
func (Base) OnClose(Conn, error) {}
