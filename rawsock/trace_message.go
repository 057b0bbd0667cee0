package rawsock

import (
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// everything says that no count limits how much of the buffers is data.
const everything = -1

// iov is a vector of which the call moved n bytes. Where no bytes were looked at
// it is addresses.
func (l *line) iov(blocks []sys.Block, addr uintptr, n int) {
	if addr == 0 && len(blocks) == 0 {
		l.str("NULL")
		return
	}
	l.array(len(blocks), func(i int) {
		b := &blocks[i]
		l.str("{iov_base=")
		if b.Data == nil {
			l.pointer(b.Addr)
		} else {
			data := b.Data
			if n != everything {
				data = data[:max(0, min(n, len(data)))]
				n -= len(data)
			}
			l.bytes(data)
		}
		l.str(", iov_len=")
		l.uint(uint64(b.Size))
		l.str("}")
	})
}

func argVectorWritten(l *line, i int) { l.iov(l.arg(i).Iov, l.arg(i).Word, everything) }
func argVectorRead(l *line, i int)    { l.iov(l.arg(i).Iov, l.arg(i).Word, l.call.Ret) }

func argMessageWritten(l *line, i int) {
	a := l.arg(i)
	if len(a.Messages) != 1 {
		l.pointer(a.Word)
		return
	}
	l.message(&a.Messages[0], everything)
}

// argMessageRead shows of a failed call what the kernel was told and nothing else,
// because that is all there is.
func argMessageRead(l *line, i int) {
	a := l.arg(i)
	switch {
	case len(a.Messages) != 1:
		l.pointer(a.Word)
	case l.failed():
		l.str("{msg_namelen=")
		l.int(int64(a.Messages[0].Name.Size))
		l.str("}")
	default:
		l.message(&a.Messages[0], l.call.Ret)
	}
}

// message is a struct msghdr with n bytes of data.
func (l *line) message(m *sys.Message, n int) {
	l.str("{msg_name=")
	l.sockaddr(m.Name.Data, m.Name.Addr)
	l.field("msg_namelen")
	l.int(int64(m.Name.Size))
	if m.NameLen != m.Name.Size {
		l.str(" => ")
		l.int(int64(m.NameLen))
	}
	l.field("msg_iov")
	l.iov(m.Iov, m.IovAddr, n)
	l.field("msg_iovlen")
	l.uint(uint64(len(m.Iov)))
	if m.ControlLen > 0 {
		l.field("msg_control")
		l.control(m.Control.Data, m.Control.Addr)
	}
	l.field("msg_controllen")
	l.uint(uint64(max(m.ControlLen, 0)))
	l.field("msg_flags")
	l.flags(uint64(uint32(m.Flags)), msgFlagNames[:], "MSG_???")
	l.str("}")
}

// argMessagesSent counts what was sent of each message that was.
func argMessagesSent(l *line, i int) {
	a := l.arg(i)
	if a.Word == 0 && len(a.Messages) == 0 {
		l.str("NULL")
		return
	}
	l.array(len(a.Messages), func(j int) {
		l.str("{msg_hdr=")
		l.message(&a.Messages[j], everything)
		if !l.failed() && j < l.call.Ret {
			l.field("msg_len")
			l.uint(uint64(a.Messages[j].Len))
		}
		l.str("}")
	})
}

func argMessagesReceived(l *line, i int) {
	a := l.arg(i)
	if l.failed() {
		l.pointer(a.Word)
		return
	}
	l.array(max(0, min(l.call.Ret, len(a.Messages))), func(j int) {
		m := &a.Messages[j]
		l.str("{msg_hdr=")
		l.message(m, m.Len)
		l.field("msg_len")
		l.uint(uint64(m.Len))
		l.str("}")
	})
}

func recvmmsgResult(l *line) {
	l.int(int64(l.call.Ret))
	if l.call.Ret == 0 {
		l.str(" (Timeout)")
		return
	}
	at := len(l.b)
	l.str(" (")
	if !l.timeLeft(4, "tv_nsec") {
		l.b = l.b[:at]
		return
	}
	l.str(")")
}

// control is control messages, with the data of those that are known.
func (l *line) control(b []byte, addr uintptr) {
	if len(b) < unix.SizeofCmsghdr {
		l.pointer(addr)
		return
	}
	l.str("[")
	at := l.cmsgs(b)
	if at < len(b) {
		l.str(", ... /* ")
		l.hex(uint64(addr) + uint64(at))
		l.str(" */")
	}
	l.str("]")
}

// cmsgs shows the messages in b and returns where what is none begins.
func (l *line) cmsgs(b []byte) (at int) {
	for {
		rest := b[at:]
		size := cmsgSize(rest)
		l.cmsg(rest, size)
		switch {
		case size < unix.SizeofCmsghdr:
			return at + unix.SizeofCmsghdr
		case size >= uint64(len(rest)) || alignCmsg(int(size)) >= len(rest):
			return len(b)
		}
		at += alignCmsg(int(size))
		if len(b)-at < unix.SizeofCmsghdr {
			return at
		}
		l.str(", ")
	}
}

// cmsg is the control message of size bytes that b begins with.
func (l *line) cmsg(b []byte, size uint64) {
	level, typ := int(int32At(b[cmsgLevel:])), int(int32At(b[cmsgType:]))
	l.str("{cmsg_len=")
	l.uint(size)
	l.field("cmsg_level")
	l.known(LevelName(level), level, "SOL_???")
	l.field("cmsg_type")
	data := b[min(cmsgData(), len(b)):min(max(size, uint64(cmsgData())), uint64(len(b)))]
	switch level {
	case unix.SOL_SOCKET:
		l.name(typ, scmNames[:], "SCM_???")
		l.cmsgData(socketCmsgs[:], typ, data)
	case unix.IPPROTO_IP:
		l.name(typ, ipCmsgNames[:], "IP_???")
		l.cmsgData(ipCmsgs[:], typ, data)
	default:
		l.hex(uint64(uint32(typ)))
	}
	l.str("}")
}

// cmsgFormat shows the data of control messages of one type, if there are at
// least size bytes.
type cmsgFormat struct {
	typ, size int
	show      func(l *line, data []byte)
}

func (l *line) cmsgData(formats []cmsgFormat, typ int, data []byte) {
	for _, f := range formats {
		if f.typ == typ && len(data) >= f.size {
			l.field("cmsg_data")
			f.show(l, data)
			return
		}
	}
}
