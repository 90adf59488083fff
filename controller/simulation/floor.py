"""The controller of the simulated workshop: engine, look-up and overlay as they are, on a disk, relays and a clock that
are moved by hand.

House rules: what a crash takes along is what was in memory; the disk, the tick, the directory's copy and the relays
stay, as they would. Nothing here decides anything.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from controller import logs
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
from controller.domain.remembered import NOTHING, remembered
from controller.domain.replay import Decision, Memory, remember, started
from controller.domain.workshop import Limits, Startup, Workshop
from controller.exchange.messages import Contained
from controller.floor.adapters.clock import HandClock
from controller.floor.engine import Engine
from controller.floor.fakes import HandRelays
from controller.floor.found_open import found_open
from controller.floor.leased_switch import JoinedRelays, LeasedSwitch
from controller.floor.own_facts import OwnFacts
from controller.floor.placed_relays import PlacedRelays, channels_of
from controller.floor.ports import LATER
from controller.floor.replica_memory import MemoryReplica
from controller.floor.replica_view import Contact
from controller.floor.resolver import Resolver
from controller.simulation.cast import CHANNELS, HERE, MORNING_MS, token
from controller.simulation.far_plug import HandPlug
from controller.simulation.stores import Look, SavedTick, SeenJournal

if TYPE_CHECKING:
    from controller.domain.directory import MachineEntry
    from controller.domain.ids import MachineId, MemberId, SessionId
    from controller.domain.now import Now
    from controller.domain.proof import Proof
    from controller.simulation.office import HandOffice

LIMITS = Limits(tick_every_ms=300_000)
"""The real ones, but for the tick: a proof each five minutes makes a simulated day ten times shorter, and a use that a
crash ends loses more of its time, which finds more.
"""


class HandFloor:
    """One controller through all its starts. `disk` are all facts ever stored: (n, branch, fact)."""

    def __init__(self, look: Look, far: frozenset[str]) -> None:
        self.clock = HandClock(wall_ms=MORNING_MS)
        self.clock.passes(60_000)
        self.replica = MemoryReplica()
        self.relays = HandRelays(self.clock)
        self.plugs = {channel: HandPlug(channel, self.relays, self.clock) for channel in sorted(far)}
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
        self.placed = PlacedRelays(JoinedRelays(self.relays, self._switches()), frozenset(CHANNELS))
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
            self.replica.reader(), self.own, controller=HERE, now=self.clock.now, deliver=self.engine.submit, zone=UTC
        )
        self._remember()
        for channel in self.plugs:
            self.engine.step(ev.SwitchSeen(channel=channel, reached=False))
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
        for channel in sorted(set(self.relays.on_since) - held - self.plugs.keys()):
            self.relays.opens_by_itself(channel)
        for plug in self.plugs.values():
            plug.nobody_renews()

    def loses_power(self) -> None:
        """The mains fail: every relay opens, and the next boot begins at nothing."""
        for plug in self.plugs.values():
            plug.loses_power()
        self.relays.all_off()
        self.boots += 1
        self.clock.reboots(f"boot-{self.boots}")
        self.clock.passes(5_000)

    def passes(self, ms: int) -> None:
        """Time passes, and every deadline on the way is met."""
        until_ms = self.clock.now().boot_ms + ms
        while (due_ms := self._due_ms()) is not None and due_ms < until_ms:
            self.clock.passes(max(0, due_ms + 1 - self.clock.now().boot_ms))
            self.turns()
            if self._due_ms() == due_ms:
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
            for plug in self.plugs.values():
                plug.turn()
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
        office.hears(self.disk[office.read_n :])
        vector = office.tells(self.replica)
        now = self.clock.now()
        self.replica.heard(Contact(boot_id=now.boot_id, boot_ms=now.boot_ms, wall_ms=now.wall_ms))
        self.own.trim(vector)
        self.own.contact(office.read_n)
        self._adopts()

    # what can be asked

    def powered_ms(self, channel: str) -> int:
        """Return how long a channel has had power: a pin since it was last closed from off, a plug in all."""
        return self.plugs[channel].powered_ms if channel in self.plugs else self.relays.powered_ms(channel)

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
                self.power_before_ms[begun] = self.powered_ms(self.channel_of[begun])

    # how it holds together

    def _due_ms(self) -> int | None:
        due = [next_deadline(self.engine.workshop), *(plug.next_ms() for plug in self.plugs.values())]
        return min((each for each in due if each is not None), default=None)

    def _switches(self) -> dict[str, LeasedSwitch]:
        """The real switches before each plug, which says what it reads as soon as it is heard."""
        switches = {}
        for channel, plug in self.plugs.items():
            switch = LeasedSwitch(
                channel,
                plug,
                tell=lambda event: self.engine.submit(event),  # noqa: PLW0108 - the engine comes later
                machine_on=lambda channel: self.placed.machine_on(channel),  # noqa: PLW0108 - so do the relays
                log=logs.nowhere(),
            )
            plug.is_held_by(switch)
            switches[channel] = switch
        return switches

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
            bookings, groups = view.bookings(), view.groups()
        faults = self.own.faults(frozenset(lock.lock for lock in locks))
        changed = ev.DirectoryChanged(
            machines=machines,
            locks=locks,
            openings=openings,
            bookings=bookings,
            groups=groups,
            faults=faults.standing,
            lifted=faults.lifted,
            at_start=at_start,
            power_was_lost=at_start and self._was_off(),
            remembered=remembered((fact for _, _, fact in self.disk), self.clock.now()) if at_start else NOTHING,
        )
        if at_start:
            self.engine.step(changed)
        else:
            self.feeds(changed)

    def _place(self, changed: ev.DirectoryChanged) -> None:
        self.placed.place(channels_of(changed.machines))

    def _was_off(self) -> bool:
        ran = self.disk[0][2].at.boot_id if self.disk else self.clock.now().boot_id
        return ran != self.clock.now().boot_id

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
