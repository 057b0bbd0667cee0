package rawsock_test

import (
	"encoding/binary"
	"encoding/hex"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// pythonAttach hands a program, given in hexadecimal, to the kernel.
const pythonAttach = `
import ctypes, socket, struct, sys
program = bytes.fromhex(sys.argv[1])
memory = ctypes.create_string_buffer(program)
fprog = struct.pack('HP', len(program) // 8, ctypes.addressof(memory))
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).setsockopt(socket.SOL_SOCKET, 26, fprog)
`

// String is what strace -v says of the same bytes.
func TestFilterStringAgainstStrace(t *testing.T) {
	python := sockettest.NeedPython(t)
	sockettest.NeedProgram(t, "strace")
	f := slices.Concat(rawsock.SteerByHash(3, 7, 4), rawsock.SteerByCPU(4), rawsock.SteerAtRandom(2), rawsock.SteerByRXHash(2),
		rawsock.SteerByHash(rawsock.SKF_NET_OFF+8, 16, 3), rawsock.SteerByValue(rawsock.SKF_LL_OFF+6, 2, 3), firstByte('a'))
	for _, code := range []uint16{
		unix.BPF_LD | unix.BPF_IMM, unix.BPF_LD | unix.BPF_MEM, unix.BPF_LD | unix.BPF_H | unix.BPF_IND,
		unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH, unix.BPF_LDX | unix.BPF_MEM, unix.BPF_ST, unix.BPF_STX,
		unix.BPF_ALU | unix.BPF_ADD | unix.BPF_X, unix.BPF_ALU | unix.BPF_NEG, unix.BPF_ALU | unix.BPF_LSH,
		unix.BPF_JMP | unix.BPF_JA, unix.BPF_MISC | unix.BPF_TXA,
	} {
		f = append(f, rawsock.BPFStmt(code, 3))
	}
	for _, op := range []uint16{unix.BPF_JGT, unix.BPF_JGE, unix.BPF_JSET} {
		f = append(f, rawsock.BPFJump(unix.BPF_JMP|op|unix.BPF_X, 0, 1, 255))
	}
	var code []byte
	for _, i := range f {
		code = binary.NativeEndian.AppendUint16(code, i.Code)
		code = append(code, i.Jt, i.Jf)
		code = binary.NativeEndian.AppendUint32(code, i.K)
	}
	out, _ := exec.CommandContext(t.Context(), "strace", "-v", "-e", "trace=setsockopt", python, "-c", pythonAttach, hex.EncodeToString(code)).CombinedOutput()
	if want := "filter=" + f.String() + "}"; !strings.Contains(string(out), want) {
		t.Errorf("no %s in:\n%s", want, out)
	}
}

// A program that tcpdump compiled lets through what its expression says.
func TestParseFilterFromTcpdump(t *testing.T) {
	sockettest.NeedProgram(t, "tcpdump")
	ns := sockettest.NewNetns(t)
	out, err := exec.CommandContext(t.Context(), "tcpdump", "-y", "EN10MB", "-ddd", "udp dst port 7777 and dst host 127.0.0.2").Output()
	check(t, err)
	f, err := rawsock.ParseFilter(string(out))
	check(t, err)
	if f.Decimal() != string(out) {
		t.Errorf("Decimal:\n%s\ntcpdump:\n%s", f.Decimal(), out)
	}
	ns.Do(func() {
		sniffer := open(t, unix.AF_PACKET, unix.SOCK_RAW, 0)
		check(t, sniffer.AttachFilter(f))
		sa, err := rawsock.SockaddrPacket(rawsock.PacketAddr{Protocol: unix.ETH_P_ALL, Ifindex: 1})
		check(t, err)
		check(t, sniffer.Bind(sa))
		from := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
		for _, to := range []string{"127.0.0.1:7777", "127.0.0.2:7778", "127.0.0.2:7777", "127.0.0.3:7777"} {
			send(t, from, addrPort(t, to), to)
		}
		var got []string
		for _, frame := range queued(t, sniffer) {
			got = append(got, frame[14+20+8:])
		}
		// Once going out and once coming in.
		if want := []string{"127.0.0.2:7777", "127.0.0.2:7777"}; !slices.Equal(got, want) {
			t.Errorf("captured %q, want %q", got, want)
		}
	})
}
