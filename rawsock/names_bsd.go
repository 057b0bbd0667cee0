//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package rawsock

import "golang.org/x/sys/unix"

// What darwin and the BSDs name alike beyond the rows that every platform has.

// sockTypeMask leaves room for the flags, of which no two of them have the same.
const sockTypeMask = 0xf

var families = [...]name{
	{unix.AF_IMPLINK, "AF_IMPLINK"},
	{unix.AF_PUP, "AF_PUP"},
	{unix.AF_CHAOS, "AF_CHAOS"},
	{unix.AF_ISO, "AF_ISO"},
	{unix.AF_ECMA, "AF_ECMA"},
	{unix.AF_DATAKIT, "AF_DATAKIT"},
	{unix.AF_CCITT, "AF_CCITT"},
	{unix.AF_DLI, "AF_DLI"},
	{unix.AF_LAT, "AF_LAT"},
	{unix.AF_HYLINK, "AF_HYLINK"},
	{unix.AF_ROUTE, "AF_ROUTE"},
	{unix.AF_LINK, "AF_LINK"},
	{unix.AF_COIP, "AF_COIP"},
	{unix.AF_CNT, "AF_CNT"},
	{unix.AF_NATM, "AF_NATM"},
}

var types, typeFlags [0]name

var protos = [...]name{
	{unix.IPPROTO_GGP, "IPPROTO_GGP"},
	{unix.IPPROTO_EON, "IPPROTO_EON"},
	{unix.IPPROTO_ETHERIP, "IPPROTO_ETHERIP"},
	{unix.IPPROTO_IPCOMP, "IPPROTO_IPCOMP"},
}
