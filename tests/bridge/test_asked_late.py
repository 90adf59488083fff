"""What is asked of a device whose line is lost: a light of ten minutes ago speaks to nobody, an open relay to all."""

import threading
from collections.abc import Mapping
from queue import Queue

import pytest

from firmware_bridge.commands import Command, Light, Relay, Sound
from firmware_bridge.drivers import Driver
from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.messages import Message
from firmware_bridge.reader import ASKED_MAX, ASKED_OLD_MS, SerialReader
from firmware_bridge.transport import Connected, LineState
from tests.waiting import wait_until

pytestmark = pytest.mark.pty

GREEN, OPEN, CLOSED = Light("green"), Relay(on=False, lease_ms=0), Relay(on=True, lease_ms=2000)


class AtOnce:
    """A device that does what it is asked as soon as its line is open, and remembers it."""

    def __init__(self) -> None:
        self.asked: list[Command] = []
        self.rejects: Mapping[str, int] = {}
        self.buffered = 0

    def restored(self, now_ms: int) -> None:
        """Nothing has to be said first."""

    def interrupted(self) -> None:
        """Nothing was half said."""

    def receive(self, data: bytes, now_ms: int) -> list[Message]:
        return []

    def ask(self, command: Command, now_ms: int) -> bool:
        self.asked.append(command)
        return True

    def to_send(self) -> bytes:
        return b""

    def next_deadline(self) -> int | None:
        return None


class Unplugged:
    """A device whose line is lost, and what is asked of it meanwhile."""

    def __init__(self) -> None:
        self.now_ms = 5_000
        self.device = AtOnce()

    def heard(self, *asked: tuple[int, Command]) -> list[Command]:
        """Ask each thing after so many ms, plug in again, and return what the device was asked in the end."""
        states: Queue[LineState] = Queue()
        with SimulatedReader("id12") as line:
            reader = SerialReader(
                line.path,
                Driver(9600, self.device),
                clock_ns=lambda: self.now_ms * 1_000_000,
                on_message=lambda _told: None,
                on_state=states.put,
            )
            thread = threading.Thread(target=reader.run)
            thread.start()
            try:
                states.get(timeout=20)
                line.unplug()
                states.get(timeout=20)
                for after_ms, command in asked:
                    self.now_ms += after_ms
                    reader.ask(command)
                line.replug()
                while not isinstance(states.get(timeout=20), Connected):
                    pass
                last = Sound("warn")
                wait_until(lambda: reader.ask(last))
                wait_until(lambda: last in self.device.asked)
            finally:
                reader.stop()
                thread.join(20)
        return self.device.asked[:-1]


def test_a_green_light_of_ten_minutes_ago_is_not_shown() -> None:
    """Whoever tapped has long gone; the light of this minute is shown."""
    amber = Light("amber")

    heard = Unplugged().heard((0, GREEN), (0, CLOSED), (600_000, amber))

    assert heard == [amber]


def test_what_waited_just_as_long_as_it_may_is_shown() -> None:
    """The limit itself still counts, a millisecond more does not."""
    amber = Light("amber")

    heard = Unplugged().heard((0, GREEN), (1, amber), (ASKED_OLD_MS, Sound("accept")))

    assert heard == [amber, Sound("accept")]


def test_a_relay_is_opened_however_late_and_however_much_waits() -> None:
    """An opening is neither too old nor one too many: it waits in a place of its own."""
    heard = Unplugged().heard(*[(0, GREEN)] * ASKED_MAX, (0, OPEN), (600_000, Light("red")))

    assert heard == [OPEN]
