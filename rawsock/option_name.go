package rawsock

import "iter"

// option is any of the option types.
type option interface{ Info() OptionInfo }

var optionRows = [][]option{
	socketRows, ipRows, ip6Rows, tcpRows, mptcpRows, udpRows, udpliteRows,
	packetRows, netlinkRows, vsockRows, xdpRows, icmpRows, icmp6Rows,
}

// Options yields what is known about every option here, level by level.
func Options() iter.Seq[OptionInfo] {
	return func(yield func(OptionInfo) bool) {
		for _, level := range optionRows {
			for _, o := range level {
				if !yield(o.Info()) {
					return
				}
			}
		}
	}
}

// optionName is the C name of an option's level and number.
type optionName struct {
	level, number int
	name          string
}

// OptionName returns the C name of a socket option, such as TCP_NODELAY for
// (IPPROTO_TCP, 1), and "" for one that is not known. Where a number has several
// names it is the one of Linux's headers that strace shows too: SO_RCVTIMEO_OLD
// for SO_RCVTIMEO.
func OptionName(level, number int) string {
	for _, o := range moreOptionNames {
		if o.level == level && o.number == number {
			return o.name
		}
	}
	for o := range Options() {
		if o.Level == level && o.Number == number && number != absent {
			return o.Name
		}
	}
	return ""
}

// LevelName returns the C name of the level of a socket option, such as
// SOL_SOCKET, and "" for one that is not known. Levels that are protocols of IP
// have their SOL_ name: SOL_TCP, not IPPROTO_TCP.
func LevelName(level int) string {
	for _, l := range levelNames {
		if l.number == level {
			return l.name
		}
	}
	return ""
}

type levelName struct {
	number int
	name   string
}
