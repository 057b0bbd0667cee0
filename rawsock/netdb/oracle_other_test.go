//go:build !linux

package netdb

const runOracle = "NETDB_TEST_RUN_ORACLE"

func goOracle() {}
