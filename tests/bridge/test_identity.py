"""Another device under the old name: it is neither heard nor told anything, and the right one is taken up again."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.board.simulator import SimulatedBoard
from firmware_bridge.commands import Command, Light, Relay
from firmware_bridge.conversation import Conversation
from firmware_bridge.drivers import Driver, driver_for
from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.errors import WrongDeviceError
from firmware_bridge.identity import DeviceGate, usb_serial
from firmware_bridge.messages import BadgePresented, DeviceReady, DeviceTrouble, Message
from firmware_bridge.reader import SerialReader
from firmware_bridge.transport import Connected, LineState, Lost
from tests.waiting import wait_until

BADGE = "0A00123456"
GIVE_UP_S = 20.0
OURS, ANOTHER = "E661-OURS", "E661-ANOTHER"


class AtWork:
    """A reader of a named device, and what it told."""

    def __init__(self, path: str, driver: Driver, identity: str, serial_of: Callable[[str], str] = usb_serial) -> None:
        self.told: queue.Queue[Message] = queue.Queue()
        self.states: queue.Queue[LineState] = queue.Queue()
        self.reader = SerialReader(
            path,
            driver,
            clock_ns=time.monotonic_ns,
            on_message=self.told.put,
            on_state=self.states.put,
            identity=identity,
            serial_of=serial_of,
        )

    def next(self) -> Message:
        """The next message."""
        return self.told.get(timeout=GIVE_UP_S)


class Overheard:
    """A conversation, with what came of it and what it was asked."""

    def __init__(self, inner: Conversation) -> None:
        self._inner = inner
        self.said: list[Message] = []
        self.asked: list[Command] = []
        self.restored, self.interrupted = inner.restored, inner.interrupted
        self.to_send, self.next_deadline = inner.to_send, inner.next_deadline

    def receive(self, data: bytes, now_ms: int) -> list[Message]:
        """Remember what the device said."""
        said = self._inner.receive(data, now_ms)
        self.said += said
        return said

    def ask(self, command: Command, now_ms: int) -> bool:
        """Remember what it is to do."""
        self.asked.append(command)
        return self._inner.ask(command, now_ms)

    @property
    def rejects(self) -> Mapping[str, int]:
        """As it has them."""
        return self._inner.rejects

    @property
    def buffered(self) -> int:
        """As it has them."""
        return self._inner.buffered


@contextmanager
def at_work(running: AtWork) -> Iterator[AtWork]:
    """The reader on its thread."""
    thread = threading.Thread(target=running.reader.run)
    thread.start()
    try:
        yield running
    finally:
        running.reader.stop()
        thread.join(GIVE_UP_S)


@pytest.mark.pty
def test_another_board_under_the_old_name_is_neither_heard_nor_obeyed_until_the_right_one_is_back(
    tmp_path: Path,
) -> None:
    """Its badge opens nothing, its relay stays open; the right board is taken up by itself."""
    path, overheard = tmp_path / "reader", Overheard(driver_for("board", "board").conversation)
    driver = replace(driver_for("board", "board"), conversation=overheard)
    with at_work(AtWork(str(path), driver, OURS)) as bridge:
        with SimulatedBoard(path, identity=ANOTHER) as stranger:
            trouble = bridge.next()
            bridge.reader.ask(Relay(on=True, lease_ms=2_000))
            bridge.reader.ask(Light("green"))
            stranger.place(BADGE)
            wait_until(
                lambda: any(isinstance(said, BadgePresented) for said in [*overheard.said]), GIVE_UP_S, "a badge"
            )
            heard, asked, closed = bridge.told.qsize(), {*overheard.asked}, stranger.relay
        with SimulatedBoard(path, identity=OURS) as ours:
            ready = bridge.next()
            ours.place(BADGE)
            badge = bridge.next()
            while not isinstance(badge, BadgePresented):
                badge = bridge.next()

    assert isinstance(trouble, DeviceTrouble)
    assert (trouble.code, trouble.found, heard) == ("wrong_device", ANOTHER, 0)
    assert (asked, closed) == ({Relay(on=False, lease_ms=0)}, False)
    assert isinstance(ready, DeviceReady)
    assert (ready.identity, badge.number_hex) == (OURS, BADGE)


@pytest.mark.pty
def test_a_reader_without_a_word_of_its_own_is_known_by_its_adapter() -> None:
    """The port of another adapter is closed again, unread, with a sentence that names it; then it is tried again."""
    there = {"serial": "A50285BI"}
    with (
        SimulatedReader("id12") as reader,
        at_work(
            AtWork(reader.path, driver_for("em4100", "id12"), "B1234567", lambda _device: there["serial"])
        ) as bridge,
    ):
        lost = bridge.states.get(timeout=GIVE_UP_S)
        reader.place(BADGE)
        reader.take_away()
        there["serial"] = "B1234567"
        found = bridge.states.get(timeout=GIVE_UP_S)
        reader.place(BADGE)
        badge = bridge.next()

    assert isinstance(lost, Lost)
    assert isinstance(lost.error, WrongDeviceError)
    assert "calls itself A50285BI, another one is expected" in lost.error.sentence()
    assert isinstance(found, Connected)
    assert found.usb_serial == "B1234567"
    assert isinstance(badge, BadgePresented)


@pytest.mark.pty
def test_an_adapter_that_has_no_number_is_not_taken_for_the_one_that_is_named() -> None:
    """Unknown means refused: a pseudo-terminal has no USB device behind it."""
    with (
        SimulatedReader("id12") as reader,
        at_work(AtWork(reader.path, driver_for("em4100", "id12"), "B1234567")) as bridge,
    ):
        lost = bridge.states.get(timeout=GIVE_UP_S)

    assert isinstance(lost, Lost)
    assert "does not tell who it is" in lost.error.sentence()


def test_a_wrong_device_is_told_once_and_again_when_its_line_opens_anew() -> None:
    """A board that greets every half second fills no log, and what it says of badges goes nowhere."""
    gate = DeviceGate(OURS)
    gate.restored()
    hello = DeviceReady(identity=ANOTHER, firmware="1", at_ms=5)
    badge = BadgePresented(number_hex=BADGE, at_ms=6)

    told = [gate.passes(message) for message in (hello, hello, badge)]
    gate.restored()
    again = gate.passes(hello)
    right = gate.passes(DeviceReady(identity=OURS, firmware="1", at_ms=7))

    trouble = DeviceTrouble(code="wrong_device", found=ANOTHER, at_ms=5)
    assert (told, again) == ([trouble, None, None], trouble)
    assert (right, gate.passes(badge), gate.open) == (DeviceReady(identity=OURS, firmware="1", at_ms=7), badge, True)


def test_a_right_device_that_another_one_replaces_behind_a_line_that_stays_open_is_let_go() -> None:
    """A serial server keeps its socket open while somebody swaps the board behind it: each greeting is looked at."""
    gate = DeviceGate(OURS)
    gate.passes(DeviceReady(identity=OURS, firmware="1", at_ms=1))

    gate.passes(DeviceReady(identity=ANOTHER, firmware="1", at_ms=2))

    assert gate.passes(BadgePresented(number_hex=BADGE, at_ms=3)) is None
