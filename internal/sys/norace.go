//go:build !race

package sys

func raceAcquireIO()                 {}
func raceReleaseIO()                 {}
func raceWroteRange(_ []byte, _ int) {}
func raceReadRange(_ []byte, _ int)  {}

func raceBuffers(_ [][]byte, _ int, _ func([]byte, int)) {}
