"""The engine with a disk moved by hand, a clock moved by hand and real relays on mock pins."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller.domain import events as ev
from controller.domain.directory import MachineEntry
from controller.domain.facts import Fact, FaultRaised, SessionEnded, SessionOpened, StartAbandoned
from controller.domain.ids import BadgeToken, BranchId, MachineId
from controller.domain.now import Now
from controller.domain.reasons import Refusal, StopReason
from controller.domain.workshop import Limits, Machine, Workshop
from controller.errors import ProgrammerError
from controller.floor.adapters.clock import HandClock
from controller.floor.adapters.gpio import GpioRelays, RelayWiring
from controller.floor.adapters.gpiod_pins import MockRelayFactory, MockRelayPin
from controller.floor.adapters.pin_map import PinMapWriter
from controller.floor.engine import INBOX_LIMIT, TAP_KEPT_NS, UNHEARD_MAX, Engine
from controller.floor.fakes import HandJournal, HandTick
from controller.floor.placed_relays import PlacedRelays
from tests.story import EVENING_MS, FRESH, LASER, LASER_CUTTER, maker

LASER_PIN, MILL_PIN = 17, 27
HERE = replace(LASER_CUTTER, channel="relay-1")
MILL = MachineId("mill")
CNC = replace(LASER_CUTTER, machine=MILL, channel="relay-2", price=None, free_of_charge=True)


class StuckPin(MockRelayPin):
    """A line that shows what it showed when `stuck` became true, whatever it is told."""

    stuck = False

    def _change_state(self, value: bool) -> bool:  # noqa: FBT001 - gpiozero's own shape
        return False if self.stuck else bool(super()._change_state(value))


class WatchfulJournal(HandJournal):
    """Notes, for each fact it is handed, whether the laser had power at that instant."""

    def __init__(self, clock: HandClock, powered: Callable[[], bool]) -> None:
        super().__init__(clock)
        self.handed_over: list[tuple[str, bool]] = []
        self._powered = powered

    def append(self, fact: Fact, on_stored: Callable[[int, int], None] | None = None) -> None:
        self.handed_over.append((fact.KIND, self._powered()))
        super().append(fact, on_stored)


class Watch:
    """What the engine tells its watchers."""

    def __init__(self) -> None:
        self.signals: list[ev.Signal] = []

    def after_step(self, _workshop: Workshop, effects: tuple[ev.Effect, ...], _now: Now) -> None:
        self.signals += [effect for effect in effects if isinstance(effect, ev.Signal)]

    def refusals(self) -> list[Refusal]:
        """The refusals shown, oldest first."""
        return [signal.refusal for signal in self.signals if signal.refusal is not None]


class Floor:
    """Two machines, an engine, and hands on its clock and its disk."""

    def __init__(self, folder: Path, *machines: MachineEntry) -> None:
        self.clock = HandClock(wall_ms=EVENING_MS)
        self.clock.passes(60_000)
        self.journal = WatchfulJournal(self.clock, self.powered)
        self.tick = HandTick()
        self.factory = MockRelayFactory(StuckPin)
        wirings = [RelayWiring(machine_id="relay-1", pin=LASER_PIN), RelayWiring(machine_id="relay-2", pin=MILL_PIN)]
        self.gpio = GpioRelays(
            wirings, factory=self.factory, pin_map=PinMapWriter(folder / "pins.json"), boot_id="boot-1"
        )
        self.relays = PlacedRelays(self.gpio, frozenset({"relay-1", "relay-2"}))
        self.engine = Engine(
            Workshop(branch=BranchId("b"), limits=Limits()),
            clock=self.clock,
            relays=self.relays,
            journal=self.journal,
            tick=self.tick,
        )
        self.watch = Watch()
        self.engine.watchers.append(self.watch)
        self.engine.on_directory = self.place
        self.told(*(machines or (HERE, CNC)))
        for name in self.engine.workshop.machines:
            self.engine.step(ev.RelayRead(machine=name, wanted_on=False, read_on=self.relays.read(name)))

    def told(self, *machines: MachineEntry) -> None:
        """The directory says which machines there are and where."""
        self.engine.step(ev.DirectoryChanged(machines=machines, locks=()))

    def place(self, changed: ev.DirectoryChanged) -> None:
        """Wire them, as the program does."""
        self.relays.place({policy.machine: policy.channel for policy in changed.machines})

    def turn(self) -> None:
        """Let the engine's own loop take everything that waits, deadlines included."""
        self.engine.submit(ev.TimePassed())
        self.engine.stop()
        self.engine.run()

    def taps(self, name: str = "ada", machine: MachineId = LASER) -> None:
        """A badge that was looked up reaches the engine."""
        self.engine.submit(self.tap(name, machine))
        self.turn()

    def tap(self, name: str = "ada", machine: MachineId = LASER) -> ev.Tapped:
        """A badge that was looked up."""
        return ev.Tapped(
            machine=machine, token=BadgeToken(f"token-of-{name}"), holder=maker(name), reading=FRESH, looked_up=True
        )

    def stored(self) -> None:
        """The disk takes everything that waits, and the engine hears of it."""
        self.journal.flush()
        self.turn()

    def uses(self, name: str = "ada", machine: MachineId = LASER) -> None:
        """Somebody has power, and has had it for a minute."""
        self.taps(name, machine)
        self.stored()
        self.clock.passes(60_000)

    def powered(self, pin: int = LASER_PIN) -> bool:
        """What the relay's own pin shows."""
        return bool(self.factory.pin(pin).state)


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    """The laser and the mill, free."""
    opened = Floor(tmp_path)
    yield opened
    opened.relays.close()


def kinds(floor: Floor) -> list[str]:
    """What is on disk and then what waits for it."""
    return [fact.KIND for fact in (*floor.journal.on_disk, *floor.journal.waiting)]


def test_a_relay_stays_open_until_its_use_is_on_disk(floor: Floor) -> None:
    """Rule 1: named before powered, also when the loop has taken everything that its own steps brought."""
    floor.taps()
    floor.turn()
    while_hung = (floor.powered(), kinds(floor))

    floor.stored()

    assert while_hung == (False, ["session_opened"])
    assert floor.powered()


def test_a_start_that_the_disk_takes_too_late_is_refused_and_never_powered(floor: Floor) -> None:
    """Rule 1: beyond the budget the start is refused; that it reaches the disk afterwards changes nothing."""
    floor.taps()
    floor.clock.passes(251)
    floor.turn()
    refused = floor.watch.refusals()

    floor.stored()

    assert refused == [Refusal.STORAGE_SLOW]
    assert not floor.powered()
    assert [type(fact) for fact in floor.journal.on_disk] == [SessionOpened, StartAbandoned]


def test_a_receipt_that_is_seen_too_late_powers_nothing(floor: Floor) -> None:
    """Rule 1: the commit may have been in time; the engine that saw it late still abandons the start."""
    floor.taps()
    floor.clock.passes(251)

    floor.stored()

    assert not floor.powered()
    assert kinds(floor) == ["session_opened", "start_abandoned"]


def test_a_relay_opens_though_the_journal_hangs(floor: Floor) -> None:
    """Rule 2: off before written."""
    floor.uses()
    before = floor.powered()

    floor.taps()

    assert (before, floor.powered()) == (True, False)
    assert [type(fact) for fact in floor.journal.waiting] == [SessionEnded]


def test_a_relay_is_open_before_the_end_is_handed_to_the_journal(floor: Floor) -> None:
    """Rule 2: the order inside the step, seen by the journal itself."""
    floor.uses()

    floor.taps()

    assert floor.journal.handed_over == [("session_opened", False), ("session_ended", False)]


def test_a_long_wait_for_the_disk_ends_no_use(floor: Floor) -> None:
    """Rule 2: a hung disk refuses starts and lets who has power go on."""
    floor.uses()
    floor.taps("ben", MILL)
    floor.clock.passes(10_000)
    floor.turn()

    floor.taps("ben", MILL)

    assert floor.powered()
    assert not floor.powered(MILL_PIN)
    assert floor.watch.refusals() == [Refusal.STORAGE_SLOW, Refusal.STORAGE_SLOW]


def test_a_disk_that_takes_facts_again_lets_makers_start_again(floor: Floor) -> None:
    """Slow storage is a report that is taken back."""
    floor.taps()
    floor.clock.passes(251)
    floor.turn()
    floor.stored()

    floor.taps()
    floor.stored()

    assert floor.powered()


def test_a_full_journal_refuses_starts_and_takes_ends(floor: Floor) -> None:
    """Journal full: starts are refused, stops are written."""
    floor.uses()
    floor.journal.full = True

    floor.taps("ben", MILL)
    floor.taps()
    floor.stored()

    assert floor.watch.refusals() == [Refusal.STORAGE_FULL]
    assert not floor.powered()
    assert kinds(floor)[-1] == "session_ended"


class Failing:
    """A watcher with a bug."""

    def after_step(self, _workshop: Workshop, _effects: tuple[ev.Effect, ...], _now: Now) -> None:
        raise ZeroDivisionError


def test_an_error_inside_a_step_opens_every_relay_and_ends_the_program(floor: Floor) -> None:
    """Whatever goes wrong, power goes off, at the machines that had nothing to do with it too."""
    floor.uses()
    floor.uses("ben", MILL)
    before = (floor.powered(), floor.powered(MILL_PIN))
    floor.engine.watchers.append(Failing())

    with pytest.raises(ZeroDivisionError):
        floor.taps()

    assert before == (True, True)
    assert (floor.powered(), floor.powered(MILL_PIN)) == (False, False)


def test_a_broken_rule_opens_every_relay_and_ends_the_program(floor: Floor) -> None:
    """A state that contradicts itself is not gone on from."""
    floor.uses()
    machines = dict(floor.engine.workshop.machines)
    machines[MILL] = Machine(policy=CNC, situation=machines[LASER].situation)
    floor.engine.workshop = replace(floor.engine.workshop, machines=machines)

    with pytest.raises(ProgrammerError, match="opened for"):
        floor.taps("ben", MILL)

    assert not floor.powered()


def test_too_many_waiting_taps_are_dropped_counted_and_told_and_nothing_else_is(floor: Floor) -> None:
    """The inbox's limit is for taps; a receipt, an end or a lock is always let in, and each maker hears a word."""
    accepted = [floor.engine.submit(floor.tap(f"maker {number}")) for number in range(INBOX_LIMIT + 1)]

    let_in = floor.engine.submit(ev.ShutdownAsked())

    assert (accepted.count(False), floor.engine.dropped_taps, let_in) == (1, 1, True)
    floor.turn()
    assert floor.engine.workshop.closing
    assert floor.watch.refusals()[-1] == Refusal.INTERNAL_ERROR


def test_what_is_told_of_dropped_taps_has_a_limit_too(floor: Floor) -> None:
    """Rule 7: a reader gone mad fills no memory."""
    for number in range(INBOX_LIMIT + UNHEARD_MAX):
        floor.engine.submit(floor.tap(f"maker {number}"))

    one_more = floor.engine.submit(ev.TapUnheard(machine=LASER))

    assert not one_more


def test_a_relay_that_does_not_close_is_a_fault_that_locks_the_machine(floor: Floor) -> None:
    """Rule 6: read back, reported once, never tried again; the use is over at once."""
    floor.taps()
    floor.factory.pin(LASER_PIN).stuck = True
    floor.stored()
    floor.stored()

    floor.taps("ben")

    assert kinds(floor) == ["session_opened", "session_ended", "fault_raised", "tap_refused"]
    assert [fact.reason for fact in floor.journal.on_disk if isinstance(fact, SessionEnded)] == [StopReason.FAULT]
    assert floor.watch.refusals() == [Refusal.MACHINE_FAULT]


def test_a_relay_that_does_not_open_is_a_fault_that_locks_the_machine(floor: Floor) -> None:
    """Rule 6: welded contacts are told apart from off."""
    floor.uses()
    floor.factory.pin(LASER_PIN).stuck = True

    floor.taps()
    floor.stored()

    faults = [fact for fact in floor.journal.on_disk if isinstance(fact, FaultRaised)]
    assert [(fact.wanted_on, fact.read_on) for fact in faults] == [(False, True)]
    assert floor.engine.workshop.word(LASER) == "fault"


def test_a_start_that_is_looked_up_too_late_is_refused(floor: Floor) -> None:
    """A look-up hung behind the disk: the machine must not come on when its maker has left."""
    floor.engine.submit(floor.tap(), time.perf_counter_ns() - TAP_KEPT_NS - 1)
    floor.turn()
    floor.stored()

    assert (floor.watch.refusals(), floor.powered()) == ([Refusal.INTERNAL_ERROR], False)


def test_a_stop_is_never_too_late(floor: Floor) -> None:
    """Rule 2: however long the owner's second tap was on its way, it opens the relay."""
    floor.uses()

    floor.engine.submit(floor.tap(), time.perf_counter_ns() - TAP_KEPT_NS - 1)
    floor.turn()

    assert not floor.powered()


def test_two_machines_on_one_channel_do_not_share_its_power(tmp_path: Path) -> None:
    """A mistake in the directory ends in a fault, never in a use that powers the neighbour's machine."""
    floor = Floor(tmp_path, HERE, replace(CNC, channel="relay-1"))

    floor.uses()
    floor.uses("ben", MILL)
    mill = floor.engine.workshop.word(MILL)
    floor.relays.close()

    assert mill == "fault"


def test_a_channel_that_is_not_wired_here_reads_as_unknown(floor: Floor) -> None:
    """Unknown is a fault and never power."""
    floor.relays.place({LASER: "relay-9"})

    answers = (floor.relays.read(LASER), floor.relays.energise(LASER), floor.relays.de_energise(LASER))

    assert answers == (None, None, None)
    assert not floor.powered()


def test_a_running_use_is_proven_on_disk_within_one_tick(floor: Floor) -> None:
    """Rule 4: the tick says how long each open use has lasted."""
    floor.uses()

    floor.turn()

    assert [lasted_ms for _, lasted_ms in floor.tick.uses] == [60_000]


def test_the_owner_of_the_open_use_is_known_to_the_readers(floor: Floor) -> None:
    """Readers hand an owner's tap to the engine without a look-up; they learn the token from here."""
    before = dict(floor.engine.open_tokens)
    floor.uses()
    during = dict(floor.engine.open_tokens)

    floor.taps()

    assert (before, during, floor.engine.open_tokens) == ({}, {LASER: BadgeToken("token-of-ada")}, {})


def test_a_time_that_is_up_is_seen_though_the_floor_never_falls_silent(floor: Floor) -> None:
    """A busy reader at the mill delays no end at the laser: after each step the loop looks at the clock."""
    floor.uses()
    floor.clock.passes(HERE.max_duration_s * 1_000)

    floor.engine.submit(floor.tap("ben", MILL))
    floor.engine.stop()
    floor.engine.run()

    assert not floor.powered()
    assert [fact.reason for fact in floor.journal.waiting if isinstance(fact, SessionEnded)] == [
        StopReason.MAXIMUM_DURATION
    ]


def test_each_turn_of_the_loop_feeds_the_watchdog(floor: Floor) -> None:
    """Rule 6: no turn, no word, and the service manager starts the program anew."""
    words: list[int] = []
    floor.engine.on_alive = lambda: words.append(1)

    floor.engine.submit(floor.tap())
    floor.engine.submit(floor.tap("ben", MILL))
    floor.engine.stop()
    before = len(words)
    floor.engine.run()

    assert (before, len(words)) == (0, 3)
