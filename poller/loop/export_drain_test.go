package loop

// Orders is how many orders of the group wait for the loop. Any goroutine may
// call it.
func (l *Loop) Orders() int { return l.control.Len() }
