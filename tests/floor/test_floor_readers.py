"""From bytes on a real pseudo-terminal to a tap handed over: the owner's goes straight to the engine."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from controller.domain import events as ev
from controller.domain.facts import TapRefused
from controller.domain.ids import BadgeToken, BranchId, MachineId
from controller.domain.now import Now
from controller.domain.proof import Proof
from controller.domain.workshop import Workshop
from controller.floor.badge_key import badge_token
from controller.floor.floor_readers import FloorReaders
from controller.floor.right_of_way import RightOfWay
from controller.settings import Reader
from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.simulator import Presenter
from tests.floor.hand_floor import HERE, Floor
from tests.story import LASER
from tests.waiting import wait_until

pytestmark = pytest.mark.pty

Resolve = Callable[[MachineId, BadgeToken, Proof, int], bool]

KEY = bytes(range(32))
OWNER, OTHER = "0A00ABCDEF", "1E009A4067"
DEADLINE_S = 20.0


class Asked:
    """The resolver's place: who was asked for."""

    def __init__(self, *, has_room: bool = True) -> None:
        self.taps: queue.Queue[tuple[MachineId, BadgeToken]] = queue.Queue()
        self._has_room = has_room

    def __call__(self, machine: MachineId, token: BadgeToken, _proof: Proof, _received_ns: int) -> bool:
        self.taps.put((machine, token))
        return self._has_room


@contextmanager
def reading(
    floor: Floor, path: str, asked: Callable[[MachineId, BadgeToken, Proof, int], bool]
) -> Iterator[FloorReaders]:
    """One reader at the laser's channel, connected."""
    readers = FloorReaders(
        [Reader(name="laser-reader", path=path, channel="relay-1")],
        key=KEY,
        engine=floor.engine,
        resolve=asked,
        machine_on=lambda channel: LASER if floor.relays.machine_on(channel) == LASER else None,
        right_of_way=RightOfWay(),
    )
    readers.start()
    try:
        wait_until(lambda: readers.connected["laser-reader"], DEADLINE_S, "the reader")
        yield readers
    finally:
        readers.stop()


def starts(floor: Floor, number: str) -> None:
    """The badge's owner has had power for a minute."""
    tap = floor.tap()
    floor.engine.submit(
        ev.Tapped(machine=LASER, token=badge_token(KEY, number), holder=tap.holder, reading=tap.reading)
    )
    floor.turn()
    floor.stored()
    floor.clock.passes(60_000)


class Ended:
    """Says when the engine has ended a use."""

    def __init__(self) -> None:
        self.seen = False

    def after_step(self, _workshop: Workshop, effects: tuple[ev.Effect, ...], _now: Now) -> None:
        self.seen = self.seen or any(isinstance(effect, ev.DeEnergise) for effect in effects)


def turned(floor: Floor, ended: Ended) -> bool:
    """Let the engine take what waits, and say whether a use has ended by now."""
    floor.turn()
    return ended.seen


def test_the_owners_tap_ends_the_use_and_asks_nobody(tmp_path: Path) -> None:
    """A stop waits for no look-up and for no disk."""
    floor, asked, ended = Floor(tmp_path, HERE), Asked(), Ended()
    starts(floor, OWNER)
    floor.engine.watchers.append(ended)

    with SimulatedReader("rdm6300") as reader, reading(floor, reader.path, asked):
        reader.place(OWNER)
        reader.tick()
        wait_until(lambda: turned(floor, ended), DEADLINE_S, "the end")

    powered, journal_waits = floor.powered(), floor.journal.pending
    floor.relays.close()
    assert (powered, journal_waits, asked.taps.qsize()) == (False, 1, 0)


def test_everybody_elses_badge_is_looked_up_by_its_token(tmp_path: Path) -> None:
    """What leaves the reader is the machine's name and a keyed token, never the number."""
    floor, asked = Floor(tmp_path, HERE), Asked()
    starts(floor, OWNER)

    with SimulatedReader("rdm6300") as reader, reading(floor, reader.path, asked):
        reader.place(OTHER)
        reader.tick()
        machine, token = asked.taps.get(timeout=DEADLINE_S)

    powered = floor.powered()
    floor.relays.close()
    assert (machine, token, powered) == (LASER, badge_token(KEY, OTHER), True)
    assert OTHER.lower() not in token


def test_a_badge_that_nobody_has_time_to_look_up_is_refused_at_once(tmp_path: Path) -> None:
    """The maker sees a light and the journal a line, and no use is touched."""
    floor, asked = Floor(tmp_path, HERE), Asked(has_room=False)

    with SimulatedReader("rdm6300") as reader, reading(floor, reader.path, asked):
        reader.place(OTHER)
        reader.tick()
        asked.taps.get(timeout=DEADLINE_S)
    floor.turn()
    floor.stored()

    refusals = [(fact.reason, fact.machine) for fact in floor.journal.on_disk if isinstance(fact, TapRefused)]
    floor.relays.close()
    assert [refusal.value for refusal in floor.watch.refusals()] == ["internal_error"]
    assert refusals == [("internal_error", LASER)]


def test_a_badge_that_meets_an_error_of_ours_leaves_its_reader_reading(tmp_path: Path) -> None:
    """One badge is lost, with a line in the log that shows nothing of it; the next one is read."""
    floor, asked, errors = Floor(tmp_path, HERE), Asked(), [ZeroDivisionError()]

    def stumbling(machine: MachineId, token: BadgeToken, proof: Proof, received_ns: int) -> bool:
        asked(machine, token, proof, received_ns)
        if errors:
            raise errors.pop()
        return True

    with SimulatedReader("rdm6300") as reader, reading(floor, reader.path, stumbling) as readers:
        hand = Presenter(reader)
        for number in (OTHER, OWNER):
            hand.present(number, 300)
            asked.taps.get(timeout=DEADLINE_S)
        hand.close()
        alive = readers.alive

    floor.relays.close()
    assert (alive, errors) == (True, [])


def test_a_reader_whose_channel_has_no_machine_names_the_channel(tmp_path: Path) -> None:
    """The tap is refused there as an unknown machine, so that somebody notices."""
    floor, asked = Floor(tmp_path, HERE), Asked()
    floor.relays.place({})

    with SimulatedReader("rdm6300") as reader, reading(floor, reader.path, asked):
        reader.place(OTHER)
        reader.tick()
        machine, _ = asked.taps.get(timeout=DEADLINE_S)

    floor.relays.close()
    assert machine == "relay-1"


def test_the_engine_that_has_no_machines_refuses_and_powers_nothing(tmp_path: Path) -> None:
    """A badge at a machine that nobody declared is a refusal with its code."""
    floor = Floor(tmp_path, HERE)

    floor.taps(machine=MachineId("relay-9"))

    powered, branch = floor.powered(), floor.engine.workshop.branch
    floor.relays.close()
    assert [refusal.value for refusal in floor.watch.refusals()] == ["unknown_machine"]
    assert (powered, branch) == (False, BranchId("b"))
