"""A lamp of three colours and a buzzer on GPIO pins beside each machine, for readers that can show nothing.

House rules: a pin is claimed dark, and left dark; what is shown is the newest order's, in the rhythms and patterns of
the Indivis board's own program, so that every machine in a workshop speaks alike; whoever asks never waits for a pin.
Our pins are on or off: amber is red and green, a buzzer that has one pitch tells patterns by number and length.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpiozero import OutputDevice

from controller.errors import Message
from controller.floor.adapters.gpio import PIN_ERRORS, PinFactory
from controller.floor.adapters.lines import LineError
from firmware_bridge.board.micropython import shows
from firmware_bridge.commands import Command, Light, Sound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TURN_S = 0.02
"""How often pins follow while something moves: half the shortest tone. Nothing turns while nothing moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LampWiring:
    """What hangs at one channel: BCM pins by their part (`red`, `green`, `blue`, `buzzer`), those that are wired.

    `active_high`: a lamp of common cathode, or behind transistors; a buzzer is always active high.
    """

    channel: str
    pins: dict[str, int]
    active_high: bool = True


class _Lamp:
    """One channel's devices, and what they are to show."""

    def __init__(self, wiring: LampWiring, factory: PinFactory) -> None:
        self.light, self.sound = shows.Light(), shows.Sound()
        self._devices: dict[str, OutputDevice] = {}
        for part, pin in wiring.pins.items():
            active_high = wiring.active_high or part == "buzzer"
            try:
                device = OutputDevice(pin, active_high=active_high, initial_value=False, pin_factory=factory)
            except PIN_ERRORS as error:
                raise LineError(_named(wiring.channel, part, pin), why=_why(error)) from error
            self._devices[part] = device
        self._shown: dict[str, bool] = {}

    def follow(self, now_ms: int) -> dict[str, bool]:
        """What each part is to be at this moment."""
        red, green, blue = self.light.at(now_ms)
        return {"red": bool(red), "green": bool(green), "blue": bool(blue), "buzzer": bool(self.sound.at(now_ms))}

    def drive(self, wanted: dict[str, bool]) -> None:
        """Move the pins that differ; one that cannot be moved is tried again at the next change."""
        for part, device in self._devices.items():
            if self._shown.get(part) != wanted[part]:
                try:
                    device.value = wanted[part]
                    self._shown[part] = wanted[part]
                except PIN_ERRORS:
                    self._shown.pop(part, None)


class GpioLamps:
    """Every lamp and buzzer on this controller's pins. Raise `LineError` when a pin cannot be had."""

    def __init__(self, wirings: Iterable[LampWiring], *, factory: PinFactory, boot_ms: Callable[[], int]) -> None:
        self._factory, self._boot_ms = factory, boot_ms
        self._lock = threading.Lock()
        self._news, self._ending = threading.Event(), threading.Event()
        try:
            self._lamps = {wiring.channel: _Lamp(wiring, factory) for wiring in wirings}
        except LineError:
            factory.close()
            raise

    def show(self, channel: str, commands: tuple[Command, ...]) -> None:
        """Show and sound the newest order at a channel; texts are for displays. From any thread; never waits."""
        lamp, now_ms = self._lamps.get(channel), self._boot_ms()
        if lamp is None:
            return
        with self._lock:
            for command in commands:
                match command:
                    case Light(colour=colour, rhythm=rhythm, seconds=seconds):
                        lamp.light.show(colour, rhythm, seconds, now_ms)
                    case Sound(pattern=pattern):
                        lamp.sound.play(pattern, now_ms)
                    case _:
                        pass
        self._news.set()

    def turn(self) -> None:
        """Let every pin be what it is to be now."""
        now_ms = self._boot_ms()
        for lamp in self._lamps.values():
            with self._lock:
                wanted = lamp.follow(now_ms)
            lamp.drive(wanted)

    def run(self) -> None:
        """Follow until `stop`, then go dark and give the pins back. Give it a thread of its own."""
        while not self._ending.is_set():
            self._news.wait(TURN_S if self._moving() else None)
            self._news.clear()
            self.turn()
        self._factory.close()

    def stop(self) -> None:
        """End `run`, from any thread."""
        self._ending.set()
        self._news.set()

    def _moving(self) -> bool:
        """Whether anything changes by itself: a rhythm, a light with an end, a pattern under way."""
        with self._lock:
            return any(lamp.light.moves or lamp.sound.moves for lamp in self._lamps.values())


def _named(channel: str, part: str, pin: int) -> Message:
    where = f"{channel} ({part}, GPIO{pin})"
    return Message(f"témoin de la voie {where}", f"lamp of the channel {where}")


def _why(error: Exception) -> Message:
    return error.what if isinstance(error, LineError) else Message(str(error), str(error))
