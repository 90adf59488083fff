"""The Raspberry Pi Pico (RP2040 or RP2350): the only file that touches hardware.

House rules: the relay's pin is driven low before anything else is set up; the emergency stop opens the relay in its own
interrupt, whatever the loop does; the watchdog resets a loop that hangs, and a reset pin is no output. Contacts close
to ground and are pulled up, so that a broken wire reads as pressed or open.
"""

import os
import select
import sys
import time

import machine
import micropython

from firmware_bridge.board.micropython import settings
from firmware_bridge.board.micropython.em4100 import BAUD as EM4100_BAUD
from firmware_bridge.board.micropython.hardware import Hardware
from firmware_bridge.board.micropython.pn532 import BAUD as PN532_BAUD

TURN_MS = 2
WATCHDOG_MS = 1000
BYTES_MAX = 256
"""Taken from a line in one turn: the longest line; more waits for the next turn."""
WRITE_MAX = 64
"""Bytes given to the USB line at once, after it said that it takes some: one packet, so that writing never waits."""


class Pico(Hardware):
    """The pins of `settings`."""

    def __init__(self) -> None:
        self._relay = machine.Pin(settings.RELAY, machine.Pin.OUT, value=0)
        pull_up = machine.Pin.PULL_UP
        self._e_stop = machine.Pin(settings.E_STOP, machine.Pin.IN, pull_up)
        self._guard = machine.Pin(settings.GUARD, machine.Pin.IN, pull_up)
        self._button = machine.Pin(settings.BUTTON, machine.Pin.IN, pull_up)
        self._danger = machine.Pin(settings.DANGER, machine.Pin.IN, pull_up)
        self._contact = machine.Pin(settings.CONTACT, machine.Pin.IN, pull_up)
        self._tripped = False
        self._e_stop.irq(self._trip, machine.Pin.IRQ_RISING, hard=True)
        self._lights = [self._pwm(pin) for pin in (settings.RED, settings.GREEN, settings.BLUE)]
        self._buzzer = machine.PWM(machine.Pin(settings.BUZZER))
        self._buzzer.duty_u16(0)
        self._current = machine.ADC(settings.CURRENT)
        baud = PN532_BAUD if settings.READER == "pn532" else EM4100_BAUD
        self._reader = machine.UART(
            0, baud, tx=machine.Pin(settings.READER_TX), rx=machine.Pin(settings.READER_RX), rxbuf=512
        )
        sda, scl = machine.Pin(settings.DISPLAY_SDA), machine.Pin(settings.DISPLAY_SCL)
        self._bus = machine.I2C(0, sda=sda, scl=scl, freq=100_000, timeout=5_000)
        self._watchdog = None
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(sys.stdin, select.POLLIN)
        self._writable.register(sys.stdout, select.POLLOUT)
        self._ticks, self._ms = time.ticks_ms(), 0
        self.identity = machine.unique_id().hex().upper()[-16:]
        self.boot = (int.from_bytes(os.urandom(4), "big") & 0x3FFFFFFF) or 1

    def guard_loop(self) -> None:
        """From here on a loop that hangs is reset, and a byte 03 in some garbage is no Ctrl-C."""
        micropython.kbd_intr(-1)
        self._watchdog = machine.WDT(timeout=WATCHDOG_MS)

    def now_ms(self) -> int:
        ticks = time.ticks_ms()
        self._ms += time.ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        return self._ms

    def wait(self) -> None:
        self._readable.poll(TURN_MS)

    def alive(self) -> None:
        if self._watchdog is not None:
            self._watchdog.feed()

    def relay(self, on: bool) -> None:
        state = machine.disable_irq()  # an emergency stop cannot come between the look and the deed
        self._relay.value(1 if on and not self._tripped and not self._e_stop.value() else 0)
        machine.enable_irq(state)

    def relay_reads(self) -> bool:
        return not self._contact.value() if settings.RELAY_CONTACT else bool(self._relay.value())

    def e_stop(self) -> bool:
        tripped, self._tripped = self._tripped, False
        return tripped or bool(self._e_stop.value())

    def guard(self) -> bool:
        return bool(self._guard.value())

    def button(self) -> bool:
        return not self._button.value()

    def danger(self) -> bool:
        return not self._danger.value()

    def current(self) -> int:
        return self._current.read_u16()

    def host_read(self) -> bytes:
        data = bytearray()
        while len(data) < BYTES_MAX and self._readable.poll(0):
            data += sys.stdin.buffer.read(1)
        return bytes(data)

    def host_write(self, data: bytes) -> int:
        if not self._writable.poll(0):
            return 0
        part = data[:WRITE_MAX]
        sys.stdout.buffer.write(part)
        return len(part)

    def reader_read(self) -> bytes:
        return self._reader.read(BYTES_MAX) or b""

    def reader_write(self, data: bytes) -> None:
        self._reader.write(data)

    def light(self, parts: "tuple[int, int, int]") -> None:
        for pwm, part in zip(self._lights, parts):
            pwm.duty_u16(part * 257)

    def tone(self, hertz: int) -> None:
        if hertz:
            self._buzzer.freq(hertz)
        self._buzzer.duty_u16(32768 if hertz else 0)

    def display(self, data: bytes) -> bool:
        try:
            self._bus.writeto(settings.DISPLAY_ADDRESS, data)
        except OSError:
            return False
        return True

    def _trip(self, _pin: object) -> None:
        """The emergency stop, in its interrupt: nothing is allocated here."""
        self._relay.value(0)
        self._tripped = True

    def _pwm(self, pin: int) -> object:
        pwm = machine.PWM(machine.Pin(pin))
        pwm.freq(1000)
        pwm.duty_u16(0)
        return pwm
