package rawsock

// Protocols of AF_BLUETOOTH, and the options of its HCI sockets with their level,
// of the kernel's <net/bluetooth/bluetooth.h> and hci_sock.h, which
// golang.org/x/sys/unix lacks.
const (
	BTPROTO_L2CAP  = 0
	BTPROTO_HCI    = 1
	BTPROTO_SCO    = 2
	BTPROTO_RFCOMM = 3

	SOL_HCI        = 0
	HCI_DATA_DIR   = 1
	HCI_FILTER     = 2
	HCI_TIME_STAMP = 3
)
