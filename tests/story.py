"""Tells an evening at the machines: the rules, a hand-moved clock, relays that are a set, a disk that can hang.

`Story` does what the real loop does with each effect and nothing else, so a story reads like the evening it tells.
`live` are the machines with power, `journal` what is on disk, `happened` the order in which the world changed.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from controller.domain import events as ev
from controller.domain import facts
from controller.domain.access import Holder
from controller.domain.decide import decide, next_deadline
from controller.domain.directory import (
    Booked,
    BookingsEntry,
    GroupEntry,
    LockEntry,
    MachineEntry,
    OpeningEntry,
    OpenWindow,
)
from controller.domain.evolve import evolve
from controller.domain.extracting import relay_of
from controller.domain.facts import EndMoved, Fact, SessionEnded, SessionOpened, Stamp, TapRefused, under_new_terms
from controller.domain.handing_over import handed_over_at
from controller.domain.ids import (
    BadgeToken,
    BranchId,
    LockId,
    MachineId,
    MemberId,
    SessionId,
)
from controller.domain.metering import Sample
from controller.domain.now import Now
from controller.domain.proof import Proof
from controller.domain.remembered import NOTHING, remembered
from controller.domain.workshop import ContactName, InUse, Limits, Startup, Workshop, invariants_broken
from tests.cast import (
    CERAMIC_KILN,
    CNC_MILL,
    DAY_MS,
    EVENING_MS,
    FRESH,
    KILN,
    LASER,
    LASER_CUTTER,
    MACHINE,
    MILL,
    TRAINED,
    maker,
)  # fmt: skip

__all__ = [
    "CERAMIC_KILN", "CNC_MILL", "DAY_MS", "EVENING_MS", "FRESH", "KILN", "LASER", "LASER_CUTTER", "MACHINE", "MILL",
    "TRAINED", "Story", "maker",
]  # fmt: skip


class Story:
    """An evening with these machines; `ada` and `ben` may use them, whoever is not in `makers` is unknown."""

    def __init__(self, *machines: MachineEntry) -> None:
        self.machines = machines or (LASER_CUTTER,)
        self.makers: dict[str, Holder] = {"ada": maker("ada"), "ben": maker("ben")}
        self.reading = FRESH
        self.locks: tuple[LockEntry, ...] = ()
        self.openings: tuple[OpeningEntry, ...] = ()
        self.bookings: tuple[BookingsEntry, ...] = ()
        self.groups: tuple[GroupEntry, ...] = ()
        self.now = Now(boot_id="boot-1", boot_ms=60_000, wall_ms=EVENING_MS, clock="synced")
        self.journal: list[Fact] = []
        self.waiting: deque[tuple[Fact, int]] = deque()
        self.disk_hung = False
        self.disk_full = False
        self.storage_is_watched = True
        self.live: set[MachineId] = set()
        self.extractors: set[str] = set()
        self.stuck: dict[MachineId, bool | None] = {}
        self.far: set[MachineId] = set()
        self.told: dict[MachineId, bool] = {}
        self.ticks: dict[SessionId, tuple[int, Stamp]] = {}
        self.happened: list[str] = []
        self.signals: list[ev.Signal] = []
        self.lifted: set[LockId] = set()
        self.effects: list[ev.Effect] = []
        self.inputs: list[tuple[Workshop, ev.Tapped, SessionOpened | TapRefused]] = []
        self._starts = 0
        self._first_boot = self.now.boot_id
        self.starts_up()

    # what people do

    def taps(self, name: str, at: MachineId = LASER, *, looked_up: bool = True, proof: Proof = "number") -> None:
        """A badge at a reader; `looked_up` is false where the reader took it for the owner's and skipped the rest."""
        holder = self._holder(name, at) if looked_up else None
        token = BadgeToken(f"token-of-{name}")
        self.feed(
            ev.Tapped(machine=at, token=token, holder=holder, reading=self.reading, looked_up=looked_up, proof=proof)
        )

    def the_office_tells(
        self, *, lifted: tuple[LockId, ...] = (), understood: bool = True, at_start: bool = False
    ) -> None:
        """What `machines` and `locks` now say has come down; faults on disk stand until they are lifted."""
        self.lifted |= set(lifted)
        raised = [fact for fact in self.journal if isinstance(fact, facts.FaultRaised)]
        faults = tuple((fact.machine, fact.lock) for fact in raised if fact.lock not in self.lifted)
        self.feed(
            ev.DirectoryChanged(
                machines=self.machines, locks=self.locks, faults=faults, lifted=lifted, understood=understood,
                at_start=at_start, openings=self.openings, bookings=self.bookings,
                power_was_lost=at_start and self.now.boot_id != self._first_boot,
                groups=self.groups,
                remembered=remembered(self.journal, self.now) if at_start else NOTHING,
            )
        )  # fmt: skip

    def opens(self, *hours: tuple[float, float]) -> None:
        """The office tells when the place is open, in hours from now."""
        wall_ms = self.now.wall_ms or 0
        windows = tuple(
            OpenWindow(from_ms=wall_ms + round(3_600_000 * begin), until_ms=wall_ms + round(3_600_000 * end))
            for begin, end in hours
        )
        self.openings = (OpeningEntry(site=self.machines[0].site, windows=windows),)
        self.the_office_tells()

    def books(self, *bookings: tuple[str | None, float, float], at: MachineId = LASER) -> None:
        """The office tells who has booked a machine: whose it is, from and until in minutes from now."""
        wall_ms = self.now.wall_ms or 0
        windows = tuple(
            Booked(
                member=None if who is None else MemberId(f"m-{who}"),
                from_ms=wall_ms + round(60_000 * begin), until_ms=wall_ms + round(60_000 * end),
            )
            for who, begin, end in bookings
        )  # fmt: skip
        self.bookings = (
            *(entry for entry in self.bookings if entry.machine != at), BookingsEntry(machine=at, windows=windows),
        )  # fmt: skip
        self.the_office_tells()

    def locks_out(self, machine: MachineId = LASER, *, emergency: bool = False) -> None:
        """A fabmanager locks a machine out."""
        lock = LockId(f"lock-{len(self.locks)}")
        self.locks += (LockEntry(lock=lock, machine=machine, reason="blade", emergency=emergency),)
        self.the_office_tells()

    def presses(self, *, channel: str = "relay-1") -> None:
        """A hand on the button that asks for more time."""
        self.feed(ev.ButtonPressed(channel=channel))

    def reports_danger(self, *, channel: str = "relay-1") -> None:
        """A hand on the danger button."""
        self.feed(ev.DangerReported(channel=channel))

    # what time and things do

    def later(self, seconds: int = 0, *, ms: int = 0) -> None:
        """Time passes, and every deadline on the way is met."""
        until_ms = self.now.boot_ms + 1000 * seconds + ms
        while (due_ms := next_deadline(self.workshop)) is not None and due_ms <= until_ms:
            self._wait_until(max(due_ms, self.now.boot_ms))
            self.feed(ev.TimePassed())
            assert next_deadline(self.workshop) != due_ms, "a deadline that nothing follows from would never pass"
        self._wait_until(until_ms)
        self._report_storage()

    def clock_runs_unseen(self, *, ms: int) -> None:
        """Time passes while the program is stalled: no deadline is met."""
        self._wait_until(self.now.boot_ms + ms)

    def clock_steps(self, seconds: int) -> None:
        """Somebody, or the network, sets the wall clock."""
        self.now = replace(self.now, wall_ms=(self.now.wall_ms or 0) + 1000 * seconds)

    def clock_is_lost(self) -> None:
        """The date is not known: no battery, no network."""
        self.now = replace(self.now, wall_ms=None, clock="unknown")

    def disk_hangs(self) -> None:
        """From now on nothing reaches the disk."""
        self.disk_hung = True

    def disk_stores_one(self) -> None:
        """One waiting fact reaches the disk."""
        fact, _ = self.waiting.popleft()
        self.journal.append(fact)
        self.happened.append(f"{fact.KIND} on disk")
        if isinstance(fact, SessionOpened):
            self.feed(ev.SessionStored(machine=fact.machine, session=fact.session))

    def disk_recovers(self) -> None:
        """Everything that waited reaches the disk, in order."""
        self.disk_hung = False
        while self.waiting:
            self.disk_stores_one()
        self._report_storage()

    def crashes(self) -> None:
        """The program dies: what waited for the disk is lost; the stop hook drives off what may not be held."""
        self.waiting.clear()
        self.live -= {entry.machine for entry in self.machines if entry.on_process_exit == "off"}
        self.extractors.clear()

    def loses_power(self) -> None:
        """The mains fail: every relay opens, and the next start has a new boot."""
        self.waiting.clear()
        self.live.clear()
        self.extractors.clear()
        self.now = replace(self.now, boot_id=f"boot-{self._starts + 1}", boot_ms=5_000)

    def starts_up(self, after_s: int = 0) -> None:
        """The program starts: new branch, nothing known but its files; every relay not proven to be held goes off."""
        self._wait_until(self.now.boot_ms + 1000 * after_s)
        self._starts += 1
        self.workshop = Workshop(branch=BranchId(f"b{self._starts}"), limits=Limits())
        self.disk_hung = self.disk_full = False
        self.the_office_tells(at_start=True)
        for opened in self.open_on_disk():
            moved = [fact for fact in self.journal if isinstance(fact, EndMoved) and fact.session == opened.session]
            opened = opened if not moved else under_new_terms(opened, moved[-1])  # noqa: PLW2901
            proven_ms, proven_at = self.ticks.get(opened.session, (0, opened.at))
            same_boot = proven_at.boot_id == self.now.boot_id
            read_on = self._read(opened.machine)
            self.feed(
                ev.FoundOpen(
                    opened=opened, started=opened.at, proven_ms=proven_ms, proven_at=proven_at,
                    same_boot=same_boot, read_on=read_on,
                    overtime_s=moved[-1].overtime_s if moved else 0,
                    handed_over=handed_over_at(opened, self.open_on_disk(), self.ticks),
                )
            )  # fmt: skip
        for name, machine in self.workshop.machines.items():
            if isinstance(machine.situation, Startup):
                self._switch(name, on=False)

    # what can be asked

    def open_on_disk(self) -> list[SessionOpened]:
        """The uses that the journal says are open."""
        over = {fact.session for fact in self.journal if isinstance(fact, SessionEnded | facts.StartAbandoned)}
        return [fact for fact in self.journal if isinstance(fact, SessionOpened) and fact.session not in over]

    def ended(self) -> list[SessionEnded]:
        """The ends on disk, oldest first."""
        return [fact for fact in self.journal if isinstance(fact, SessionEnded)]

    def refused(self) -> list[str]:
        """The refusals shown at the machines, oldest first."""
        return [signal.refusal.value for signal in self.signals if signal.refusal is not None]

    def use_at(self, machine: MachineId = LASER) -> InUse | None:
        """The use that has power at a machine, as the rules see it."""
        situation = self.workshop.machines[machine].situation
        return situation if isinstance(situation, InUse) else None

    # how the rules are fed

    def feed(self, event: ev.Event) -> None:
        """One event, and everything that follows from it at once."""
        self._report_storage()
        self._step(event)
        while not self.disk_hung and self.waiting:
            self.disk_stores_one()

    def _step(self, event: ev.Event) -> None:
        before, after = self.workshop, list[Callable[[], None]]()
        for effect in decide(self.workshop, event, self.now):
            self.effects.append(effect)
            self._perform(effect, after)
            if isinstance(event, ev.Tapped) and isinstance(effect, ev.Record):
                fact = effect.fact
                if isinstance(fact, SessionOpened | TapRefused):
                    self.inputs.append((before, event, fact))
        assert invariants_broken(self.workshop) == []
        for follow in after:
            follow()

    def _perform(self, effect: ev.Effect, after: list[Callable[[], None]]) -> None:
        match effect:
            case ev.Record(fact=fact):
                self.workshop = evolve(self.workshop, fact)
                self.happened.append(f"{fact.KIND} written")
                self.waiting.append((fact, self.now.boot_ms))
            case ev.Note(notice=notice):
                self.workshop = evolve(self.workshop, notice)
            case ev.Energise(machine=machine):
                after.append(lambda: self._switched(machine, on=True))
                self._set(machine, on=True)
            case ev.DeEnergise(machine=machine):
                after.append(lambda: self._switched(machine, on=False))
                self._set(machine, on=False)
            case ev.Extract(channel=channel, on=on):
                self.happened.append(f"{channel} {'on' if on else 'off'}")
                (self.extractors.add if on else self.extractors.discard)(channel)
                after.append(lambda: self._step(self._extracted(channel, on=on)))
            case ev.WriteTick(uses=uses):
                if not self.disk_hung:
                    self.ticks = {session: (ms, Stamp.of(self.now)) for session, ms in uses}
            case ev.Signal():
                self.signals.append(effect)
            case ev.LookUp():
                after.append(lambda: self._step(self._seen(effect)))
            case _:
                assert_never(effect)

    def _seen(self, asked: ev.LookUp) -> ev.HolderSeen:
        holder = self._holder(asked.token.removeprefix("token-of-"), asked.machine, asked.began_wall_ms)
        return ev.HolderSeen(
            machine=asked.machine, session=asked.session, holder=holder, reading=self.reading, proof=asked.proof,
            asked_by_tap=asked.asked_by_tap, button=asked.button,
        )  # fmt: skip

    def _holder(self, name: str, at: MachineId, began_ms: int | None = None) -> Holder | None:
        """Who carries the badge, and how long they had the machine today, where it asks."""
        holder = self.makers.get(name)
        asks = any(entry.machine == at and entry.person_day_max_s for entry in self.machines)
        if holder is None or not asks or holder.used_today_s is None or self.now.wall_ms is None:
            return holder
        today = (began_ms or self.now.wall_ms) // DAY_MS
        written = [*self.journal, *(fact for fact, _ in self.waiting)]
        ended = [fact for fact in written if isinstance(fact, SessionEnded) and fact.member == holder.member]
        used_s = sum(
            fact.seconds for fact in ended if fact.machine == at and (fact.started.wall_ms or 0) // DAY_MS == today
        )
        return replace(holder, used_today_s=used_s)

    def _extracted(self, channel: str, *, on: bool) -> ev.RelayRead:
        name = relay_of(channel)
        return ev.RelayRead(machine=name, wanted_on=on, read_on=self.stuck.get(name, channel in self.extractors))

    def _set(self, machine: MachineId, *, on: bool) -> None:
        self.happened.append(f"{machine} {'on' if on else 'off'}")
        if machine not in self.stuck:
            (self.live.add if on else self.live.discard)(machine)

    def _read(self, machine: MachineId) -> bool | None:
        return self.stuck.get(machine, machine in self.live)

    def the_switch_answers(self) -> None:
        """Every switch that is far away says what it reads, of the newest thing that it was told."""
        told, self.told = self.told, {}
        for machine, on in told.items():
            self.feed(ev.RelayRead(machine=machine, wanted_on=on, read_on=self._read(machine)))

    def the_switch_is_lost(self, machine: MachineId = LASER) -> None:
        """Nobody can reach it any more: it opens by itself, and says nothing of what it was told."""
        self.live.discard(machine)
        self.told.pop(machine, None)
        self.feed(ev.SwitchSeen(channel=self.workshop.machines[machine].policy.channel, reached=False))

    def the_switch_is_back(self, machine: MachineId = LASER) -> None:
        """It can be reached again."""
        self.feed(ev.SwitchSeen(channel=self.workshop.machines[machine].policy.channel, reached=True))

    def contact(self, contact: ContactName, *, active: bool, channel: str = "relay-1", source: str = "board") -> None:
        """A contact of the device at a channel changes."""
        self.feed(ev.ContactChanged(channel=channel, source=source, contact=contact, active=active))

    def meter(self, *, mwh: int | None = None, mw: int | None = None, channel: str = "relay-1") -> None:
        """The meter of a channel has a new sample."""
        self.feed(ev.MeterRead(channel=channel, sample=Sample(energy_mwh=mwh, power_mw=mw)))

    def _switched(self, machine: MachineId, *, on: bool) -> None:
        if machine in self.far:
            self.told[machine] = on
            self._step(ev.ReadAwaited(machine=machine, wanted_on=on))
            return
        self._step(ev.RelayRead(machine=machine, wanted_on=on, read_on=self._read(machine)))

    def _switch(self, machine: MachineId, *, on: bool) -> None:
        self._set(machine, on=on)
        self.feed(ev.RelayRead(machine=machine, wanted_on=on, read_on=self._read(machine)))

    def _report_storage(self) -> None:
        if not self.storage_is_watched:
            return
        oldest_ms = self.waiting[0][1] if self.waiting else self.now.boot_ms
        slow = self.now.boot_ms - oldest_ms > self.workshop.limits.commit_budget_ms
        if (slow, self.disk_full) != (self.workshop.storage_slow, self.workshop.storage_full):
            self._step(ev.StorageReported(full=self.disk_full, slow=slow))

    def _wait_until(self, boot_ms: int) -> None:
        passed_ms = boot_ms - self.now.boot_ms
        wall_ms = None if self.now.wall_ms is None else self.now.wall_ms + passed_ms
        self.now = replace(self.now, boot_ms=boot_ms, wall_ms=wall_ms)
