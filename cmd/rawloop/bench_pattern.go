package main

import "encoding/binary"

// The bytes of bench. Connection c sends one endless stream whose byte at offset o follows from c and o alone: the stream is made of
// 8-byte little-endian words, and the word at offset 8w is mix(w<<24 | c).
//
// mix is a bijection, so no word ever repeats, within a connection or between two: there is no period that a shift could hide behind.
// And it can be undone: eight bytes that came to the wrong place say themselves which connection and which offset they belong to.
const (
	mixMul   = 0x9e3779b97f4a7c15 // odd, hence invertible modulo 2⁶⁴
	unmixMul = 0xf1de83e19937733d // mixMul · unmixMul = 1 modulo 2⁶⁴
	mixStart = 0x632be59bd9b4e019 // or the first word of connection 0 would be zeros, which a broken server sends, too

	connBits    = 24
	maxPatterns = 1 << connBits                    // connections that the pattern can tell apart
	mixStep     = mixMul << connBits & (1<<64 - 1) // from one word's product to the next one's
)

// seed is the running product of connection c at the word with number w.
func seed(c int, w int64) uint64 { return (uint64(w)<<connBits|uint64(c))*mixMul + mixStart }

// word turns a running product into the word; applied twice it gives the product back.
func word(product uint64) uint64 { return product ^ product>>32 }

// origin says where in which stream a word belongs: connection and offset of its first byte. Any eight bytes have an origin; whether
// it is one that can occur is for the caller to judge.
func origin(b []byte) (c int, offset int64) {
	id := (word(binary.LittleEndian.Uint64(b)) - mixStart) * unmixMul
	return int(id & (maxPatterns - 1)), int64(id>>connBits) * 8
}

// patternByte is the byte at offset o of the stream of connection c.
func patternByte(c int, o int64) byte { return byte(word(seed(c, o/8)) >> (o % 8 * 8)) }

// fill writes the stream of connection c from offset o on to b.
func fill(b []byte, c int, o int64) {
	for len(b) > 0 && o%8 != 0 {
		b[0] = patternByte(c, o)
		b, o = b[1:], o+1
	}
	product := seed(c, o/8)
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, word(product))
		product += mixStep
		b, o = b[8:], o+8
	}
	for i := range b {
		b[i] = patternByte(c, o+int64(i))
	}
}

// match returns how many bytes at the beginning of b are those of connection c from offset o on.
func match(b []byte, c int, o int64) int {
	n := 0
	for n < len(b) && (o+int64(n))%8 != 0 {
		if b[n] != patternByte(c, o+int64(n)) {
			return n
		}
		n++
	}
	product := seed(c, (o+int64(n))/8)
	for rest := b[n:]; len(rest) >= 8 && binary.LittleEndian.Uint64(rest) == word(product); rest = rest[8:] {
		product += mixStep
		n += 8
	}
	for n < len(b) && b[n] == patternByte(c, o+int64(n)) {
		n++
	}
	return n
}
