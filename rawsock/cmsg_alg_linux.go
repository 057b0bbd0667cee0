package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// The control messages of an AF_ALG operation socket, which Python's
// sendmsg_afalg sends. None is ever received.

// AppendALGOp appends ALG_SET_OP: ALG_OP_ENCRYPT or ALG_OP_DECRYPT.
func AppendALGOp(b []byte, op uint32) []byte {
	return appendUint32(b, unix.SOL_ALG, unix.ALG_SET_OP, op)
}

// AppendALGIV appends ALG_SET_IV: the initialisation vector, a struct af_alg_iv.
func AppendALGIV(b []byte, iv []byte) []byte {
	b, room := openCmsg(b, unix.SOL_ALG, unix.ALG_SET_IV, 4+len(iv))
	binary.NativeEndian.PutUint32(room, uint32(len(iv)))
	copy(room[4:], iv)
	return b
}

// AppendALGAssocLen appends ALG_SET_AEAD_ASSOCLEN: how much of the data is
// associated data, authenticated but not encrypted.
func AppendALGAssocLen(b []byte, n uint32) []byte {
	return appendUint32(b, unix.SOL_ALG, unix.ALG_SET_AEAD_ASSOCLEN, n)
}
