"""What is wired to this board: the only file that its owner edits. The pin table of docs/how-to/board.md shows it."""

READER = "rdm6300"
"""The badge reader on GP0 and GP1: "rdm6300", "id12" or "pn532"."""
MILLIAMPERES_FULL = 99000
"""The current, in milliamperes peak to peak, that fills the converter: 99000 for SCT-013-030 (1 V at 30 A, so 3.3 V
peak to peak are 99 A)."""
RELAY_CONTACT = False
"""Whether a contact of the relay or contactor is wired to GP14, to be read back."""
DISPLAY_ADDRESS = 0x27
"""The expander's I2C address: 0x27 (PCF8574) or 0x3F (PCF8574A)."""

READER_TX, READER_RX = 0, 1
DISPLAY_SDA, DISPLAY_SCL = 4, 5
E_STOP, GUARD, BUTTON, DANGER = 6, 7, 8, 9
RED, GREEN, BLUE = 10, 11, 12
BUZZER = 16
CONTACT, RELAY = 14, 15
CURRENT = 26
