package rawsock

// Operations of the CAN broadcast manager, field opcode of struct bcm_msg_head in
// <linux/can/bcm.h>, which golang.org/x/sys/unix lacks. The header has them
// without CAN_BCM_ in front.
const (
	CAN_BCM_TX_SETUP   = 1
	CAN_BCM_TX_DELETE  = 2
	CAN_BCM_TX_READ    = 3
	CAN_BCM_TX_SEND    = 4
	CAN_BCM_RX_SETUP   = 5
	CAN_BCM_RX_DELETE  = 6
	CAN_BCM_RX_READ    = 7
	CAN_BCM_TX_STATUS  = 8
	CAN_BCM_TX_EXPIRED = 9
	CAN_BCM_RX_STATUS  = 10
	CAN_BCM_RX_TIMEOUT = 11
	CAN_BCM_RX_CHANGED = 12
)

// Flags of the CAN broadcast manager, field flags of struct bcm_msg_head.
const (
	CAN_BCM_SETTIMER           = 0x1
	CAN_BCM_STARTTIMER         = 0x2
	CAN_BCM_TX_COUNTEVT        = 0x4
	CAN_BCM_TX_ANNOUNCE        = 0x8
	CAN_BCM_TX_CP_CAN_ID       = 0x10
	CAN_BCM_RX_FILTER_ID       = 0x20
	CAN_BCM_RX_CHECK_DLC       = 0x40
	CAN_BCM_RX_NO_AUTOTIMER    = 0x80
	CAN_BCM_RX_ANNOUNCE_RESUME = 0x100
	CAN_BCM_TX_RESET_MULTI_IDX = 0x200
	CAN_BCM_RX_RTR_FRAME       = 0x400
	CAN_BCM_CAN_FD_FRAME       = 0x800
)

// SAE J1939 over CAN, <linux/can/j1939.h>: what an address can be, the filters
// that a socket has room for, and what the error queue tells.
const (
	J1939_MAX_UNICAST_ADDR      = 0xfd
	J1939_IDLE_ADDR             = 0xfe
	J1939_NO_ADDR               = 0xff
	J1939_NO_NAME               = 0x0
	J1939_PGN_REQUEST           = 0xea00
	J1939_PGN_ADDRESS_CLAIMED   = 0xee00
	J1939_PGN_ADDRESS_COMMANDED = 0xfed8
	J1939_PGN_PDU1_MAX          = 0x3ff00
	J1939_PGN_MAX               = 0x3ffff
	J1939_NO_PGN                = 0x40000

	J1939_NLA_PAD          = 0
	J1939_NLA_BYTES_ACKED  = 1
	J1939_EE_INFO_NONE     = 0
	J1939_EE_INFO_TX_ABORT = 1
	J1939_FILTER_MAX       = 512
)

// Options and control messages of J1939; their level is SOL_CAN_BASE + CAN_J1939.
const (
	SO_J1939_FILTER    = 1
	SO_J1939_PROMISC   = 2
	SO_J1939_SEND_PRIO = 3
	SO_J1939_ERRQUEUE  = 4

	SCM_J1939_DEST_ADDR = 1
	SCM_J1939_DEST_NAME = 2
	SCM_J1939_PRIO      = 3
	SCM_J1939_ERRQUEUE  = 4
)
