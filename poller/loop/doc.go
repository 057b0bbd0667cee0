// Package loop is an event loop for servers with many nonblocking connections.
//
// A Group has one or more loops, each a goroutine that owns its connections:
// it waits for readiness, reads into its one shared buffer, calls the
// connection's Handler, and sends what the handler wrote when the handler
// returns. In steady state nothing is allocated and no descriptor is registered
// anew.
//
//	kernel → the loop's read buffer → Handler → pending output → kernel
//
// # Goroutines
//
// Handlers, and all methods of Conn but Send, belong to the connection's loop.
// From anywhere else use Conn.Send, which copies, or Loop.Post, which runs a
// function on the loop. A handler must not block: its loop serves others.
//
// # Input
//
// OnData says how much of its input it consumed; the loop keeps the rest and
// offers it again in front of what follows. A connection that keeps sending is
// read up to Limits.ReadBudget before others have their turn.
//
// # Output and back-pressure
//
// Write borrows its argument until the callback returns; what the kernel did
// not take by then is copied. Above Limits.HighWater the loop stops reading
// from that connection; at Limits.LowWater it reads again and calls OnDrain.
// Above Limits.MaxQueued Write takes only what fits and returns
// ErrWriteQueueFull.
//
// # Closing
//
// The peer's half-close is OnReadEOF and not a close: the answer may still be
// written. Close sends what is queued, half-closes, reads and drops what the
// peer still sends, and then closes, so that no reply is destroyed by a reset.
// Abort resets. On TCP, output that could not be sent is never cut off cleanly:
// the connection is reset, so that the peer cannot take a part for the whole. A
// unix socket cannot be reset; there only OnClose's cause tells.
//
// # Faults
//
// No errno of accept(2) and no panic in a handler ends a loop. EMFILE and
// ENFILE shed the waiting connection and go on.
//
// The loop runs on epoll and, for tests, on poll(2). On kqueue systems it is
// compiled and its poller is tested against a model of kqueue; it has not been
// run there.
package loop
