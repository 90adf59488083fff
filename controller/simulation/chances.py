"""What may happen in the simulated workshop, and how often: people, the office, things that break.

House rules: a chance is one entry of the table; everything is drawn from the seed, and nothing is drawn from an order
that the language does not promise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.directory import (
    BadgeEntry,
    Booked,
    BookingsEntry,
    LockEntry,
    MachineEntry,
    OpeningEntry,
    OpenWindow,
    RightEntry,
)
from controller.domain.ids import LockId, MachineId, MemberId, SessionId
from controller.domain.metering import Sample
from controller.domain.workshop import InUse
from controller.simulation.cast import DAY_MS, SITE, TRAININGS, token

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from controller.simulation.cast import Cast
    from controller.simulation.floor import HandFloor
    from controller.simulation.office import HandOffice

STRANGER = MemberId("nobody")
HOUR_MS = 3_600_000


@dataclass(slots=True)
class Scene:
    """What the chances act upon; `away_until_ms` is how long the office is not heard, in the date's milliseconds."""

    cast: Cast
    floor: HandFloor
    office: HandOffice
    dice: Random
    away_steps: int = 0
    load_mw: int | None = None
    locks: int = 0
    open_locks: tuple[LockEntry, ...] = ()

    @property
    def machine(self) -> MachineEntry:
        """Any machine."""
        return self.dice.choice(self.cast.machines)

    @property
    def member(self) -> MemberId:
        """Anybody, now and then a stranger."""
        return STRANGER if self.dice.random() < 0.05 else self.dice.choice(self.cast.members).member


def _somebody_taps(scene: Scene) -> None:
    machine, member = scene.machine.machine, scene.member
    situation = _use_at(scene, machine)
    if situation is not None and scene.dice.random() < 0.6:
        member = MemberId(situation.opened.token.removeprefix("badge-of-"))
    scene.floor.taps(member, machine, scene.dice.choice(["number", "number", "cryptographic"]))


def _use_at(scene: Scene, machine: MachineId) -> InUse | None:
    here = scene.floor.engine.workshop.machines.get(machine)
    return here.situation if here is not None and isinstance(here.situation, InUse) else None


def everybody_goes_home(scene: Scene) -> None:
    """At night most uses end; a kiln goes on."""
    for entry in scene.cast.machines:
        use = _use_at(scene, entry.machine)
        if use is None or scene.dice.random() < (0.5 if entry.on_process_exit == "hold" else 0.1):
            continue
        owner = MemberId(use.opened.token.removeprefix("badge-of-"))
        for _ in range(3):  # a confirmed stop takes two, a warning's answer one more
            scene.floor.passes(4_000)
            if _use_at(scene, entry.machine) is not None:
                scene.floor.taps(owner, entry.machine)


def _trainer_and_pupil(scene: Scene) -> None:
    machine = scene.machine.machine
    scene.floor.taps(scene.member, machine)
    scene.floor.passes(scene.dice.choice([1_000, 8_000, 20_000]))
    scene.floor.taps(scene.member, machine)


def _hand_over(scene: Scene) -> None:
    """Who is at work taps, and the next badge follows; somebody begins first where nobody is."""
    for entry in scene.cast.machines:
        if entry.hand_over == "no":
            continue
        if _use_at(scene, entry.machine) is None:
            scene.floor.taps(scene.member, entry.machine)
        scene.floor.passes(4_000)
        if (use := _use_at(scene, entry.machine)) is not None:
            scene.floor.taps(MemberId(use.opened.token.removeprefix("badge-of-")), entry.machine)
            scene.floor.passes(scene.dice.choice([500, 5_000, 20_000]))
            scene.floor.taps(scene.member, entry.machine)


def _reader_flaps(scene: Scene) -> None:
    machine, member = scene.machine.machine, scene.member
    for _ in range(scene.dice.randrange(3, 25)):
        scene.floor.taps(member, machine)
        scene.floor.passes(scene.dice.choice([200, 1_000, 3_500]))


def _a_hand_on_the_button(scene: Scene) -> None:
    scene.floor.feeds(ev.ButtonPressed(channel=scene.machine.channel))


def _meter(scene: Scene) -> None:
    """The machine runs or stands, or its meter falls silent."""
    scene.load_mw = scene.dice.choice([None, 10_000, 150_000, 900_000])
    _sampled(scene)


def _sampled(scene: Scene) -> None:
    if scene.load_mw is not None:
        sample = Sample(energy_mwh=None, power_mw=scene.load_mw)
        scene.floor.feeds(ev.MeterRead(channel=scene.cast.machines[0].channel, sample=sample))


def _works_on(scene: Scene) -> None:
    """A quarter of an hour in which the meter tells what the machine draws every ten seconds."""
    for _ in range(90):
        _sampled(scene)
        scene.floor.passes(10_000)


def _unheard(scene: Scene) -> None:
    scene.floor.feeds(ev.TapUnheard(machine=scene.machine.machine))


def _top_up(scene: Scene) -> None:
    scene.office.pays_in(scene.dice.choice(scene.cast.members).account, scene.dice.choice([500, 2_000, 5_000]))


def _right_comes_or_goes(scene: Scene) -> None:
    member, training = scene.dice.choice(scene.cast.members).member, scene.dice.choice(TRAININGS)
    wall_ms = scene.floor.clock.now().wall_ms or 0
    until_ms = scene.dice.choice([None, wall_ms + DAY_MS])
    entry = RightEntry(member=member, training=training, from_ms=wall_ms, until_ms=until_ms, may_train=False)
    (scene.office.takes_back if scene.dice.random() < 0.4 else scene.office.says)(entry)


def _standing_changes(scene: Scene) -> None:
    member = scene.dice.choice(scene.cast.members)
    scene.office.says(replace(member, status=scene.dice.choice(["active", "active", "suspended"])))


def _badge_changes(scene: Scene) -> None:
    member = scene.dice.choice(scene.cast.members).member
    lost = scene.dice.random() < 0.3
    scene.office.says(BadgeEntry(token=token(member), member=member, status="blocked" if lost else "active"))


def _opening_hours(scene: Scene) -> None:
    wall_ms = scene.floor.clock.now().wall_ms or 0
    closes_ms = wall_ms + scene.dice.randrange(-1, 12) * HOUR_MS
    windows = (
        OpenWindow(from_ms=wall_ms - 12 * HOUR_MS, until_ms=closes_ms),
        OpenWindow(from_ms=max(closes_ms, wall_ms) + 4 * HOUR_MS, until_ms=wall_ms + 20 * DAY_MS),
    )
    entry = OpeningEntry(site=SITE, windows=windows)
    (scene.office.takes_back if scene.dice.random() < 0.5 else scene.office.says)(entry)


def _bookings(scene: Scene) -> None:
    """The laser's calendar of the next hours, in which some are known here and some are not."""
    begins_ms = scene.floor.clock.now().wall_ms or 0
    windows = []
    for _ in range(scene.dice.randrange(5)):
        begins_ms += scene.dice.choice([0, 600_000, HOUR_MS])
        ends_ms = begins_ms + scene.dice.choice([900_000, HOUR_MS, 3 * HOUR_MS])
        member = scene.dice.choice([None, *(each.member for each in scene.cast.members)])
        windows.append(Booked(member=member, from_ms=begins_ms, until_ms=ends_ms))
        begins_ms = ends_ms
    scene.office.says(BookingsEntry(machine=scene.cast.machines[0].machine, windows=tuple(windows)))


def _danger(scene: Scene) -> None:
    scene.floor.feeds(ev.DangerReported(channel=scene.machine.channel))


def _lock_out(scene: Scene) -> None:
    scene.locks += 1
    lock = LockEntry(
        lock=LockId(f"lock-{scene.locks}"),
        machine=scene.machine.machine,
        reason="blade",
        emergency=scene.dice.random() < 0.3,
    )
    scene.open_locks += (lock,)
    scene.office.says(lock)


def _locks_lifted(scene: Scene) -> None:
    for lock in scene.open_locks:
        scene.office.takes_back(lock)
    scene.open_locks = ()


def _machine_changes(scene: Scene) -> None:
    entry = scene.machine
    match scene.dice.randrange(4):
        case 0:
            scene.office.says(replace(entry, in_service=scene.dice.choice(["maintenance", "out_of_service"])))
        case 1:
            scene.office.says(replace(entry, channel=f"relay-{int(entry.channel.partition('-')[2]) + 6}"))
        case 2:
            scene.office.takes_back(entry)
        case _:
            for each in scene.cast.machines:
                scene.office.says(each)


def _office_goes_away(scene: Scene) -> None:
    scene.away_steps = scene.dice.choice([3, 20, 150])


def _office_stops_a_use(scene: Scene) -> None:
    use = _use_at(scene, scene.machine.machine)
    now = scene.floor.clock.now()
    session = SessionId("none") if use is None else use.opened.session
    scene.floor.feeds(
        ev.StopAsked(command="c", session=session, boot_id=now.boot_id, expires_boot_ms=now.boot_ms + 60_000)
    )


def _quarantine(scene: Scene) -> None:
    scene.floor.quarantined = scene.dice.random() < 0.3
    scene.floor.feeds(ev.QuarantineSet(quarantined=scene.floor.quarantined))


def _disk_hangs(scene: Scene) -> None:
    scene.floor.disk_hung = scene.floor.tick.hung = True


def _disk_recovers(scene: Scene) -> None:
    scene.floor.disk_hung = scene.floor.tick.hung = False
    scene.floor.turns()


def _disk_fills(scene: Scene) -> None:
    scene.floor.journal.full = scene.dice.random() < 0.3


def _commit_is_late(scene: Scene) -> None:
    """A start that reaches the disk at the edge of its budget, or beyond, before anybody looks at the clock."""
    _disk_hangs(scene)
    scene.floor.taps(scene.member, scene.machine.machine)
    scene.floor.clock.passes(scene.dice.choice([100, 250, 251, 2_000]))
    scene.floor.disk_hung = scene.floor.tick.hung = False
    scene.floor.stores()


def _clock_steps(scene: Scene) -> None:
    now = scene.floor.clock.now()
    if now.wall_ms is not None:
        scene.floor.clock.wall_becomes(now.wall_ms + scene.dice.choice([-HOUR_MS, -5_000, 5_000, HOUR_MS]))


def _killed(scene: Scene) -> None:
    scene.floor.crashes()
    scene.floor.clock.passes(scene.dice.choice([2_000, 30_000, 90_000]))
    scene.floor.starts_up()


def _power_cut(scene: Scene) -> None:
    wall_ms = scene.floor.clock.now().wall_ms
    scene.floor.loses_power()
    if scene.dice.random() < 0.3:
        scene.floor.clock.wall_becomes(None)
    elif wall_ms is None:
        scene.floor.clock.wall_becomes(_noon_after(scene))
    scene.floor.starts_up()


def _noon_after(scene: Scene) -> int:
    dated = [fact.at.wall_ms for _, _, fact in scene.floor.disk if fact.at.wall_ms is not None]
    return max(dated) + HOUR_MS


def _clean_restart(scene: Scene) -> None:
    scene.floor.feeds(ev.ShutdownAsked())
    scene.floor.crashes()
    scene.floor.clock.passes(5_000)
    scene.floor.starts_up()


def _stall(scene: Scene) -> None:
    scene.floor.clock.passes(scene.dice.choice([400, 5_000, 400_000, 3_600_000]))
    scene.floor.turns()


def _relay_misbehaves(scene: Scene) -> None:
    """It will not close, or cannot be read, from its next order on."""
    channel = scene.machine.channel
    (scene.floor.relays.dead if scene.dice.random() < 0.5 else scene.floor.relays.unread).add(channel)


def _relays_mended(scene: Scene) -> None:
    scene.floor.relays.dead.clear()
    scene.floor.relays.unread.clear()


def _contact(scene: Scene) -> None:
    scene.floor.feeds(
        ev.ContactChanged(
            channel=scene.machine.channel,
            source="board",
            contact=scene.dice.choice(["e_stop", "guard", "tamper"]),
            active=scene.dice.random() < 0.4,
        )
    )


def _switch_lost_or_back(scene: Scene) -> None:
    channel, reached = scene.machine.channel, scene.dice.random() < 0.6
    if not reached:
        scene.floor.relays.opens_by_itself(channel)
    scene.floor.feeds(ev.SwitchSeen(channel=channel, reached=reached))


def _put_right(scene: Scene) -> None:
    """A fabmanager and a maintainer have been round: what hung goes on, what was closed is open."""
    _disk_recovers(scene)
    _relays_mended(scene)
    _locks_lifted(scene)
    scene.floor.journal.full = scene.floor.quarantined = False
    scene.floor.feeds(ev.QuarantineSet(quarantined=False))
    for entry in scene.cast.machines:
        scene.office.says(entry)
        for contact in ("e_stop", "guard", "tamper"):
            scene.floor.feeds(ev.ContactChanged(channel=entry.channel, source="board", contact=contact, active=False))
        scene.floor.feeds(ev.SwitchSeen(channel=entry.channel, reached=True))


CHANCES: tuple[tuple[int, Callable[[Scene], None]], ...] = (
    (400, _somebody_taps),
    (30, _put_right),
    (12, _trainer_and_pupil),
    (12, _hand_over),
    (4, _reader_flaps),
    (2, _unheard),
    (8, _a_hand_on_the_button),
    (8, _meter),
    (6, _works_on),
    (24, _top_up),
    (14, _right_comes_or_goes),
    (8, _standing_changes),
    (4, _badge_changes),
    (6, _opening_hours),
    (10, _bookings),
    (2, _danger),
    (5, _lock_out),
    (8, _locks_lifted),
    (6, _machine_changes),
    (3, _office_goes_away),
    (6, _office_stops_a_use),
    (4, _quarantine),
    (6, _disk_hangs),
    (20, _disk_recovers),
    (4, _disk_fills),
    (5, _clock_steps),
    (5, _killed),
    (3, _power_cut),
    (2, _clean_restart),
    (12, _stall),
    (12, _commit_is_late),
    (3, _relay_misbehaves),
    (9, _relays_mended),
    (8, _contact),
    (8, _switch_lost_or_back),
)
"""How often, in parts of the whole, and what."""

WEIGHTS = tuple(weight for weight, _ in CHANCES)
"""The first column."""
