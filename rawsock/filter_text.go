package rawsock

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ParseFilter reads a program as tcpdump -ddd writes it: the number of
// instructions, then four decimal numbers for each, separated by white space or
// commas (as iptables and tc have them). tcpdump writes for a packet socket of
// the type of link that its option -y names; EN10MB is right for Ethernet and for
// lo.
//
// EINVAL (wrapped, with what is wrong): it is not such a text. The kernel alone
// judges the program.
func ParseFilter(text string) (Filter, error) {
	fields := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) })
	if len(fields) == 0 || len(fields)%4 != 1 {
		return nil, fmt.Errorf("filter of %d numbers: %w", len(fields), unix.EINVAL)
	}
	if fields[0] != strconv.Itoa(len(fields)/4) {
		return nil, fmt.Errorf("filter of %d instructions says %q: %w", len(fields)/4, fields[0], unix.EINVAL)
	}
	f := make(Filter, 0, len(fields)/4)
	for fields = fields[1:]; len(fields) > 0; fields = fields[4:] {
		var v [4]uint64
		for i, width := range [4]int{16, 8, 8, 32} {
			n, err := strconv.ParseUint(fields[i], 10, width)
			if err != nil {
				return nil, fmt.Errorf("filter: %q is no number of %d bits: %w", fields[i], width, unix.EINVAL)
			}
			v[i] = n
		}
		f = append(f, SockFilter{Code: uint16(v[0]), Jt: uint8(v[1]), Jf: uint8(v[2]), K: uint32(v[3])})
	}
	return f, nil
}

// Decimal is f as ParseFilter reads it, a line for each instruction.
func (f Filter) Decimal() string {
	b := fmt.Appendln(nil, len(f))
	for _, i := range f {
		b = fmt.Appendln(b, i.Code, i.Jt, i.Jf, i.K)
	}
	return string(b)
}

// String is f as C macros, as strace -v prints it:
//
//	[BPF_STMT(BPF_LD|BPF_W|BPF_ABS, SKF_AD_OFF+SKF_AD_CPU), BPF_STMT(BPF_ALU|BPF_K|BPF_MOD, 0x4), BPF_STMT(BPF_RET|BPF_A, 0)]
func (f Filter) String() string {
	text := make([]string, len(f))
	for n, i := range f {
		if i.Jt == 0 && i.Jf == 0 {
			text[n] = fmt.Sprintf("BPF_STMT(%s, %s)", codeText(i.Code), operandText(i))
		} else {
			text[n] = fmt.Sprintf("BPF_JUMP(%s, %s, %s, %s)", codeText(i.Code), operandText(i), hexadecimal(uint32(i.Jt)), hexadecimal(uint32(i.Jf)))
		}
	}
	return "[" + strings.Join(text, ", ") + "]"
}

// codeNames are the parts of an instruction's code, by class: a mask for each part
// and the names of its values, which are multiples of the mask's lowest bit.
var codeNames = [8][]codeName{
	unix.BPF_LD:   {{0x18, sizeNames}, {0xe0, modeNames}},
	unix.BPF_LDX:  {{0x18, sizeNames}, {0xe0, modeNames}},
	unix.BPF_ST:   {},
	unix.BPF_STX:  {},
	unix.BPF_ALU:  {{0x08, sourceNames}, {0xf0, []string{"ADD", "SUB", "MUL", "DIV", "OR", "AND", "LSH", "RSH", "NEG", "MOD", "XOR"}}},
	unix.BPF_JMP:  {{0x08, sourceNames}, {0xf0, []string{"JA", "JEQ", "JGT", "JGE", "JSET"}}},
	unix.BPF_RET:  {{0x18, []string{"K", "X", "A"}}},
	unix.BPF_MISC: {{0x80, []string{"TAX", "TXA"}}},
}

type codeName struct {
	mask  uint16
	names []string
}

var (
	classNames  = []string{"LD", "LDX", "ST", "STX", "ALU", "JMP", "RET", "MISC"}
	sizeNames   = []string{"W", "H", "B"}
	modeNames   = []string{"IMM", "ABS", "IND", "MEM", "LEN", "MSH"}
	sourceNames = []string{"K", "X"}
)

// codeText is the code as an OR of names, or as a number if they do not say all
// of it.
func codeText(code uint16) string {
	class := code & 7
	text, left := "BPF_"+classNames[class], code&^7
	for _, part := range codeNames[class] {
		value := int(left & part.mask / (part.mask & -part.mask))
		if value >= len(part.names) {
			break
		}
		text += "|BPF_" + part.names[value]
		left &^= part.mask
	}
	if left != 0 {
		return fmt.Sprintf("%#x", code)
	}
	return text
}

// operandText is the instruction's k, by name where that is an offset to what is
// not in the packet.
func operandText(i SockFilter) string {
	k := i.K
	if i.Code&7 != unix.BPF_LD || i.Code&0xe0 != unix.BPF_ABS {
		return hexadecimal(k)
	}
	switch {
	case k >= SKF_AD_OFF && k-SKF_AD_OFF < SKF_AD_MAX && k%4 == 0:
		return "SKF_AD_OFF+SKF_AD_" + ancillaryNames[(k-SKF_AD_OFF)/4]
	case k >= SKF_AD_OFF:
		return "SKF_AD_OFF+" + hexadecimal(k-SKF_AD_OFF)
	case k >= SKF_NET_OFF:
		return fmt.Sprintf("SKF_NET_OFF+%d", k-SKF_NET_OFF)
	case k >= SKF_LL_OFF:
		return fmt.Sprintf("SKF_LL_OFF+%d", k-SKF_LL_OFF)
	}
	return hexadecimal(k)
}

// ancillaryNames are the names of SKF_AD_…, which count in steps of 4.
var ancillaryNames = [SKF_AD_MAX / 4]string{
	"PROTOCOL", "PKTTYPE", "IFINDEX", "NLATTR", "NLATTR_NEST", "MARK", "QUEUE", "HATYPE", "RXHASH", "CPU",
	"ALU_XOR_X", "VLAN_TAG", "VLAN_TAG_PRESENT", "PAY_OFFSET", "RANDOM", "VLAN_TPID",
}

// hexadecimal is a number with C's prefix, but for 0.
func hexadecimal(v uint32) string {
	if v == 0 {
		return "0"
	}
	return fmt.Sprintf("%#x", v)
}
