"""How a badge reader is, told to the machines: away, another device, the one that is named, over a real port."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.domain import events as ev
from controller.domain.ids import BadgeToken, MachineId
from controller.domain.proof import Proof
from controller.domain.workshop import ReaderWord
from controller.exchange.public_events import touched
from controller.floor.device_words import DeviceWords
from controller.floor.floor_readers import FloorReaders
from controller.floor.reader_signs import signs_of_read
from controller.floor.reader_states import ReaderState
from controller.floor.right_of_way import RightOfWay
from controller.settings import Reader
from firmware_bridge.board.simulator import SimulatedBoard
from firmware_bridge.commands import Command, Light
from firmware_bridge.errors import LineLostError, WrongDeviceError
from firmware_bridge.messages import DeviceReady, DeviceTrouble
from firmware_bridge.transport import Connected, Lost
from tests.floor.hand_floor import HERE, Floor
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story
from tests.waiting import wait_until

DEADLINE_S = 20.0
KEY = bytes(range(32))
READER = Reader(name="laser-reader", path="/dev/serial/by-path/usb-1", channel="relay-1")


class Told(list[ReaderWord]):
    """The words that the engine was told."""

    def __call__(self, event: ev.Event) -> None:
        assert isinstance(event, ev.ReaderSeen)
        self.append(event.word)


def plugged(usb_serial: str) -> Connected:
    """A line that is open to that USB device."""
    return Connected(READER.path, "/dev/ttyUSB0", usb_serial)


def lost() -> Lost:
    """A line that is not there."""
    return Lost(READER.path, LineLostError(READER.path))


def nobody_asked(_machine: MachineId, _token: BadgeToken, _proof: Proof, _received_ns: int) -> bool:
    """No badge is put to a reader here."""
    raise AssertionError


@pytest.mark.pty
def test_another_board_at_the_machine_is_told_and_the_right_one_is_taken_up_again(tmp_path: Path) -> None:
    """From the simulated boards' own greeting to the word that every screen shows."""
    floor, path = Floor(tmp_path, HERE), tmp_path / "reader"
    reader = Reader(name="laser-reader", path=str(path), channel="relay-1", protocol="board", identity="E661-OURS")
    readers = FloorReaders(
        [reader], key=KEY, engine=floor.engine, resolve=nobody_asked, machine_on=lambda _channel: LASER,
        right_of_way=RightOfWay(),
    )  # fmt: skip

    def is_told(word: str) -> bool:
        floor.turn()
        return floor.engine.workshop.reader_word(LASER) == word

    readers.start()
    try:
        with SimulatedBoard(path, identity="E661-ANOTHER"):
            wait_until(lambda: is_told("wrong_device"), DEADLINE_S, "the wrong board to be told")
        wait_until(lambda: is_told("away"), DEADLINE_S, "the cable to be told")
        with SimulatedBoard(path, identity="E661-OURS"):
            wait_until(lambda: is_told("ready"), DEADLINE_S, "the right board")
            powered = floor.powered()
    finally:
        readers.stop()
        floor.relays.close()

    assert powered is False


@pytest.mark.pty
def test_a_badge_that_was_read_is_answered_by_white_before_anybody_has_looked_it_up(tmp_path: Path) -> None:
    """The maker knows at once that the badge was seen; the verdict comes when it comes."""
    floor, path, asked = Floor(tmp_path, HERE), tmp_path / "reader", list[MachineId]()

    def looks_forever(machine: MachineId, _token: BadgeToken, _proof: Proof, _received_ns: int) -> bool:
        asked.append(machine)
        return True

    on_pins: list[tuple[str, tuple[Command, ...]]] = []
    words = DeviceWords(floor.engine.submit, show=lambda channel, commands: on_pins.append((channel, commands)))
    readers = FloorReaders(
        [Reader(name="laser-reader", path=str(path), channel="relay-1", protocol="board")], key=KEY,
        engine=floor.engine, resolve=looks_forever, machine_on=lambda _channel: LASER, right_of_way=RightOfWay(),
        devices=words,
    )  # fmt: skip

    with SimulatedBoard(path) as board:
        readers.start()
        try:
            wait_until(lambda: readers.connected["laser-reader"], DEADLINE_S, "the line")

            def is_white() -> bool:
                board.place("0A00123456")
                board.take_away()
                return [255, 255, 255] in [parts for _at, parts in board.panel.history("light")]

            wait_until(is_white, DEADLINE_S, "the white light")
            readers.show(LASER, (Light("green"),))
            wait_until(lambda: board.panel.driven()["light"] == [0, 255, 0], DEADLINE_S, "the standing light")
            board.unplug()
            wait_until(lambda: not readers.connected["laser-reader"], DEADLINE_S, "the cable")
            wait_until(lambda: board.panel.driven()["light"] == [0, 0, 0], DEADLINE_S, "the dark")
            board.replug()
            wait_until(lambda: board.panel.driven()["light"] == [0, 255, 0], DEADLINE_S, "the light that stands")
        finally:
            readers.stop()
            floor.relays.close()

    assert set(asked) == {LASER}
    assert on_pins[0] == ("relay-1", signs_of_read())
    assert on_pins[-1] == ("relay-1", (Light("green"),))


def test_without_a_name_the_first_one_since_the_start_is_remembered_and_a_change_is_told() -> None:
    """It works all the same; when the first one is back, nothing is left to tell."""
    told = Told()
    reader = ReaderState(READER, told, names_itself=False, greets=False)

    for state in (plugged("A1"), lost(), plugged("A1"), lost(), plugged("B2"), lost(), plugged("A1")):
        reader.line(state)

    assert told == ["ready", "away", "ready", "away", "other_device", "away", "ready"]


def test_a_device_that_cannot_be_known_is_not_called_another() -> None:
    """An adapter without a number tells nothing, so nothing is said of it."""
    told = Told()
    reader = ReaderState(READER, told, names_itself=False, greets=False)

    reader.line(plugged(""))
    reader.line(plugged("A1"))
    reader.line(plugged(""))

    assert told == ["ready"]


def test_a_reader_that_greets_is_ready_when_it_has_and_its_adapter_is_not_its_name() -> None:
    """A board moved to another adapter is the same board; another board on the same adapter is not."""
    told = Told()
    reader = ReaderState(READER, told, names_itself=True, greets=True)

    reader.line(plugged("A1"))
    before_the_greeting = [*told]
    reader.ready(DeviceReady(identity="E661-OURS", firmware="1", at_ms=1))
    reader.line(plugged("B2"))
    reader.ready(DeviceReady(identity="E661-OURS", firmware="1", at_ms=2))
    reader.trouble(DeviceTrouble(code="silent", at_ms=3))
    reader.ready(DeviceReady(identity="E661-ANOTHER", firmware="1", at_ms=4))

    assert before_the_greeting == []
    assert told == ["ready", "in_trouble", "other_device"]


def test_a_device_that_is_not_the_one_named_is_told_as_such_whoever_found_out() -> None:
    """The bridge sees it by the greeting or by the adapter's number; the word is one."""
    by_greeting, by_number = Told(), Told()

    ReaderState(READER, by_greeting, names_itself=True, greets=True).trouble(
        DeviceTrouble(code="wrong_device", found="E661-ANOTHER", at_ms=1)
    )
    ReaderState(READER, by_number, names_itself=False, greets=False).line(
        Lost(READER.path, WrongDeviceError(READER.path, "A50285BI"))
    )

    assert (by_greeting, by_number) == (["wrong_device"], ["wrong_device"])


def test_a_readers_word_belongs_to_its_machine_and_the_worst_of_two_is_shown() -> None:
    """It is said anew on every screen, and changes nothing for who is at work."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.taps("ada")
    before = story.workshop

    story.feed(ev.ReaderSeen(channel="relay-1", reader="left", word="ready"))
    story.feed(ev.ReaderSeen(channel="relay-1", reader="right", word="wrong_device"))

    assert (story.workshop.reader_word(LASER), story.workshop.reader_word(MILL)) == ("wrong_device", None)
    assert LASER in touched(before, story.workshop, ())
    assert story.live == {LASER}
