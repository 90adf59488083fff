"""The controller of the simulated workshop: engine, look-up and overlay as they are, on a disk, relays and a clock that
are moved by hand.

House rules: what a crash takes along is what was in memory; the disk, the tick, the directory's copy and the relays
stay, as they would. Nothing here decides anything.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from controller.domain import events as ev
from controller.domain.decide import next_deadline
from controller.domain.facts import (
    BranchOpened,
    EndMoved,
    Fact,
    FaultRaised,
    SessionOpened,
    Stamp,
    TapRefused,
)
from controller.domain.ids import BranchId
from controller.domain.replay import Decision, Memory, remember, started
from controller.domain.workshop import Limits, Startup, Workshop
from controller.exchange.messages import Contained
from controller.floor.adapters.clock import HandClock
from controller.floor.engine import Engine
from controller.floor.fakes import HandJournal, HandRelays
from controller.floor.found_open import found_open
from controller.floor.own_facts import OwnFacts
from controller.floor.placed_relays import PlacedRelays
from controller.floor.ports import LATER
from controller.floor.replica_memory import MemoryReplica
from controller.floor.replica_view import Contact
from controller.floor.resolver import Resolver
from controller.floor.tick import Tick
from controller.simulation.cast import HERE, MORNING_MS, token

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.directory import MachineEntry
    from controller.domain.ids import MachineId, MemberId, SessionId
    from controller.domain.now import Now
    from controller.domain.proof import Proof
    from controller.simulation.office import HandOffice

LIMITS = Limits(tick_every_ms=300_000)
"""The real ones, but for the tick: a proof each five minutes makes a simulated day ten times shorter, and a use that a
crash ends loses more of its time, which finds more.
"""

CHANNELS = tuple(f"relay-{number}" for number in range(1, 13))


class Look(Protocol):
    """Who looks after the rules."""

    def handed_over(self, fact: Fact) -> None:
        """A fact goes to the journal."""

    def started_anew(self, floor: HandFloor) -> None:
        """The program starts; what was in memory is lost."""


class SavedTick:
    """The newest proof of open uses that reached the disk."""

    def __init__(self) -> None:
        self.last: Tick | None = None
        self.hung = False

    def write(self, uses: tuple[tuple[SessionId, int], ...], now: Now) -> None:
        """Keep the record, unless the disk hangs."""
        if not self.hung:
            self.last = Tick(sequence=0, boot_id=now.boot_id, boot_ms=now.boot_ms, wall_ms=now.wall_ms, uses=uses)


class SeenJournal(HandJournal):
    """Shows each fact to who looks after the rules, at the very instant in which it is handed over."""

    def __init__(self, clock: HandClock, look: Look) -> None:
        super().__init__(clock)
        self._look = look

    def append(self, fact: Fact, on_stored: Callable[[int, int], None] | None = None) -> None:
        self._look.handed_over(fact)
        super().append(fact, on_stored)


class HandFloor:
    """One controller through all its starts. `disk` are all facts ever stored: (n, branch, fact)."""

    def __init__(self, look: Look) -> None:
        self.clock = HandClock(wall_ms=MORNING_MS)
        self.clock.passes(60_000)
        self.replica = MemoryReplica()
        self.relays = HandRelays(self.clock)
        self.tick = SavedTick()
        self.disk: list[tuple[int, BranchId, Fact]] = []
        self.disk_hung = False
        self.starts = 0
        self.boots = 1
        self.decisions: list[tuple[Workshop, ev.Tapped, Decision]] = []
        self.signals: list[ev.Signal] = []
        self.memory = Memory(started(BranchId("b1")))
        self.quarantined = False
        self.channel_of: dict[SessionId, str] = {}
        self.power_before_ms: dict[SessionId, int] = {}
        self._look = look
        self._synced = 0

    # what happens to it

    def starts_up(self) -> None:
        """Begin anew from disk, tick, copy and relays."""
        self.starts += 1
        branch = BranchId(f"b{self.starts}")
        self.disk_hung = self.tick.hung = False
        self._look.started_anew(self)
        self.journal, self._synced = SeenJournal(self.clock, self._look), 0
        self.own = OwnFacts()
        self.placed = PlacedRelays(self.relays, frozenset(CHANNELS))
        self.engine = Engine(
            Workshop(branch=branch, limits=LIMITS),
            clock=self.clock,
            relays=self.placed,
            journal=self.journal,
            tick=self.tick,
        )
        self.engine.watchers += [self.own, self]
        self.engine.on_directory = self._place
        self.looks: list[ev.LookUp] = []
        self.engine.on_look_up = self.looks.append
        self.resolver = Resolver(
            self.replica.reader(), self.own, controller=HERE, now=self.clock.now, deliver=self.engine.submit
        )
        self._remember()
        parent_n, parent_branch = (self.disk[-1][0], self.disk[-1][1]) if self.disk else (0, None)
        self.journal.append(
            BranchOpened(
                parent_branch=parent_branch,
                parent_n=parent_n,
                parent_hash="",
                software="simulated",
                at=Stamp.of(self.clock.now()),
            )
        )
        self._adopts(at_start=True)
        for opened in tuple(self.memory.uses.values()):
            self.engine.step(self._found(opened))
        for name, machine in tuple(self.engine.workshop.machines.items()):
            if isinstance(machine.situation, Startup):
                answer = self.placed.de_energise(name)
                read_on = None if answer is LATER else answer
                self.engine.step(ev.RelayRead(machine=name, wanted_on=False, read_on=read_on))
        self.turns()

    def crashes(self) -> None:
        """The program dies: what waited for the disk is lost, and the stop hook drives off what may not be held."""
        held = {entry.channel for entry in self.machines() if entry.on_process_exit == "hold"}
        for channel in sorted(set(self.relays.on_since) - held):
            self.relays.opens_by_itself(channel)

    def loses_power(self) -> None:
        """The mains fail: every relay opens, and the next boot begins at nothing."""
        self.relays.all_off()
        self.boots += 1
        self.clock.reboots(f"boot-{self.boots}")
        self.clock.passes(5_000)

    def passes(self, ms: int) -> None:
        """Time passes, and every deadline on the way is met."""
        until_ms = self.clock.now().boot_ms + ms
        while (due_ms := next_deadline(self.engine.workshop)) is not None and due_ms < until_ms:
            self.clock.passes(max(0, due_ms + 1 - self.clock.now().boot_ms))
            self.turns()
            if next_deadline(self.engine.workshop) == due_ms:
                raise AssertionError("a deadline passed and nothing followed from it")
        self.clock.passes(max(0, until_ms - self.clock.now().boot_ms))
        self.turns()

    def taps(self, member: MemberId, machine: MachineId, proof: Proof = "number") -> None:
        """A badge at a reader; the owner of the open use skips the look-up, as at a real one."""
        self.turns()
        badge, before = token(member), self.engine.workshop
        tap = self.resolver.resolve(machine, badge, proof)
        if self.engine.open_tokens.get(machine) == badge:
            tap = replace(tap, holder=None, looked_up=False)
        stored, waiting = len(self.disk), self.journal.pending
        self.feeds(tap)
        new = [*(fact for _, _, fact in self.disk[stored:]), *self.journal.waiting][waiting:]
        decided = next((fact for fact in new if isinstance(fact, SessionOpened | TapRefused)), None)
        if decided is not None and tap.looked_up:
            self.decisions.append((before, tap, decided))

    def feeds(self, event: ev.Event) -> None:
        """Hand over an event, and let all that follows happen."""
        self.engine.submit(event)
        self.turns()

    def turns(self) -> None:
        """Let the engine take all that waits, and the disk what it takes."""
        while True:
            self.engine.submit(ev.TimePassed())
            self.engine.stop()
            self.engine.run()
            # As the real one, it looks up after the step that asked, never in it.
            looks, self.looks[:] = tuple(self.looks), ()
            for asked in looks:
                self.engine.submit(self.resolver.seen(asked))
            stores = not self.disk_hung and self.journal.pending
            if stores:
                self._flush()
            if not looks and not stores:
                break

    def stores(self) -> None:
        """What waits reaches the disk first, and the engine looks then."""
        self._flush()
        self.turns()

    def meets(self, office: HandOffice) -> None:
        """The exchange has its turn: facts up, directory down."""
        office.hears(self.disk)
        vector = office.tells(self.replica)
        now = self.clock.now()
        self.replica.heard(Contact(boot_id=now.boot_id, boot_ms=now.boot_ms, wall_ms=now.wall_ms))
        self.own.trim(vector)
        self.own.contact(office.read_n)
        self._adopts()

    # what can be asked

    def machines(self) -> tuple[MachineEntry, ...]:
        """The machines that are wired here, as the copy has them."""
        with self.replica.view() as view:
            return view.machines(HERE)

    def after_step(self, workshop: Workshop, effects: tuple[ev.Effect, ...], _now: Now) -> None:
        """Note what was shown, and which channel gave power to which use."""
        for effect in effects:
            if isinstance(effect, ev.Signal):
                self.signals.append(effect)
            elif isinstance(effect, ev.Energise):
                self.channel_of[effect.session] = workshop.machines[effect.machine].policy.channel
            elif isinstance(effect, ev.Note) and isinstance(effect.notice, ev.Powered):
                begun = effect.notice.session
                self.power_before_ms[begun] = self.relays.powered_ms(self.channel_of[begun])

    # how it holds together

    def _flush(self) -> None:
        self.journal.flush()
        for fact in self.journal.on_disk[self._synced :]:
            n = len(self.disk) + 1
            branch = self.engine.workshop.branch
            self.disk.append((n, branch, fact))
            self.own.fold(n, branch, fact)
            self.memory = remember(self.memory, branch, fact)
        self._synced = len(self.journal.on_disk)

    def _remember(self) -> None:
        vector = self._vector()
        faults = [(n, branch, fact) for n, branch, fact in self.disk if isinstance(fact, FaultRaised)]
        self.own.found(vector, faults)
        self.own.start_anew(vector, self.disk)
        self.own.settled(vector)
        if self.quarantined:
            self.engine.step(ev.QuarantineSet(quarantined=True))

    def _vector(self) -> tuple[Contained, ...]:
        with self.replica.view() as view:
            branches = dict.fromkeys(branch for _, branch, _ in self.disk)
            return tuple(Contained(branch=branch, n=view.contained(branch)) for branch in branches)

    def _adopts(self, *, at_start: bool = False) -> None:
        with self.replica.view() as view:
            machines, locks, openings = view.machines(HERE), view.locks(), view.openings()
            bookings = view.bookings()
        faults = self.own.faults(frozenset(lock.lock for lock in locks))
        changed = ev.DirectoryChanged(
            machines=machines,
            locks=locks,
            openings=openings,
            bookings=bookings,
            faults=faults.standing,
            lifted=faults.lifted,
            at_start=at_start,
        )
        if at_start:
            self.engine.step(changed)
        else:
            self.feeds(changed)

    def _place(self, changed: ev.DirectoryChanged) -> None:
        self.placed.place({policy.machine: policy.channel for policy in changed.machines})

    def _found(self, opened: SessionOpened) -> ev.FoundOpen:
        moved = [fact for _, _, fact in self.disk if isinstance(fact, EndMoved) and fact.session == opened.session]
        event = found_open(
            opened,
            self.tick.last,
            self.clock.now(),
            read_on=self.placed.read(opened.machine),
            open_uses=tuple(self.memory.uses.values()),
        )
        return replace(event, overtime_s=moved[-1].overtime_s if moved else 0)
