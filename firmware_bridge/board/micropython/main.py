"""The board's program: its loop, and what happens when the loop fails.

House rule: however it ends (an exception, Ctrl-C, a reset by the watchdog), the relay is open first. On the Pico the
file `main.py` at the root calls `start`; a simulator calls `run` with its own hardware.
"""

from firmware_bridge.board.micropython.board import Board
from firmware_bridge.board.micropython.hardware import Hardware


def run(hardware: Hardware, reader: str, milliamperes_full: int) -> None:
    """Turn for ever; open the relay when that ends, whatever ended it."""
    hardware.relay(False)
    try:
        board = Board(hardware, reader, milliamperes_full)
        while True:
            board.turn()
            hardware.alive()
            hardware.wait()
    finally:
        hardware.relay(False)


def start() -> None:
    """Start the program on a Pico; held down at power-up, the button leaves the board to its owner instead.

    A fault in the program resets the board: it says hello again, and the host knows by the boot number.
    """
    import machine  # noqa: PLC0415 - only there on the Pico

    from firmware_bridge.board.micropython import hal, settings  # noqa: PLC0415 - the same

    hardware = hal.Pico()
    if hardware.button():
        return
    try:
        hardware.guard_loop()
        run(hardware, settings.READER, settings.MILLIAMPERES_FULL)
    finally:
        machine.reset()
