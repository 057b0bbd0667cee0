package rawsock

const (
	sockNonblock = 0 // no flags in the type
	sockFlags    = 0

	acceptInheritsNonblock = true
)
