"""What the office of a simulated workshop does: money, rights, hours, bookings, locks; and that it is away.

House rules: a chance is one function with the scene; it draws its own choices and looks at nothing that must hold.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.directory import (
    BadgeEntry,
    Booked,
    BookingsEntry,
    LessonWindow,
    LockEntry,
    OpeningEntry,
    OpenWindow,
    RightEntry,
)
from controller.domain.ids import LockId, SessionId
from controller.simulation.cast import DAY_MS, SITE, TRAININGS, token
from controller.simulation.scene import HOUR_MS, use_at

if TYPE_CHECKING:
    from controller.simulation.scene import Scene


def top_up(scene: Scene) -> None:
    """Money comes to the desk."""
    scene.office.pays_in(scene.dice.choice(scene.cast.members).account, scene.dice.choice([500, 2_000, 5_000]))


def right_comes_or_goes(scene: Scene) -> None:
    """A training is given, for good or for a day, or taken back."""
    member, training = scene.dice.choice(scene.cast.members).member, scene.dice.choice(TRAININGS)
    wall_ms = scene.floor.clock.now().wall_ms or 0
    until_ms = scene.dice.choice([None, wall_ms + DAY_MS])
    entry = RightEntry(member=member, training=training, from_ms=wall_ms, until_ms=until_ms, may_train=False)
    (scene.office.takes_back if scene.dice.random() < 0.4 else scene.office.says)(entry)


def standing_changes(scene: Scene) -> None:
    """Somebody is suspended, or may work again."""
    member = scene.dice.choice(scene.cast.members)
    scene.office.says(replace(member, status=scene.dice.choice(["active", "active", "suspended"])))


def desk_is_kind(scene: Scene) -> None:
    """Most memberships are renewed, nobody is suspended, and badges are found again."""
    for number, member in enumerate(scene.cast.members):
        until_ms = None if number % 4 else member.membership_until_ms
        scene.office.says(replace(member, status="active", membership_until_ms=until_ms))
        scene.office.says(BadgeEntry(token=token(member.member), member=member.member, status="active"))


def badge_changes(scene: Scene) -> None:
    """A badge is lost, or found again."""
    member = scene.dice.choice(scene.cast.members).member
    lost = scene.dice.random() < 0.3
    scene.office.says(BadgeEntry(token=token(member), member=member, status="blocked" if lost else "active"))


def a_lesson_is_planned(scene: Scene) -> None:
    """A class has a lesson now or soon, or its lessons are cancelled; now and then its organisation orders more."""
    group = scene.dice.choice(scene.cast.groups)
    wall_ms = scene.floor.clock.now().wall_ms or 0
    from_ms = wall_ms + scene.dice.choice([-HOUR_MS, -600_000, 0, HOUR_MS])
    lesson = LessonWindow(
        from_ms=from_ms,
        until_ms=from_ms + scene.dice.choice([900_000, 2 * HOUR_MS, 4 * HOUR_MS]),
        headcount=scene.dice.randrange(1, 30),
    )
    scene.office.plans(group.group, () if scene.dice.random() < 0.15 else (lesson,))
    if scene.dice.random() < 0.3:
        scene.office.orders(group.account, scene.dice.choice([200, 5_000]))


def opening_hours(scene: Scene) -> None:
    """The place will close and opens again, or says nothing of hours."""
    wall_ms = scene.floor.clock.now().wall_ms or 0
    closes_ms = wall_ms + scene.dice.randrange(-1, 12) * HOUR_MS
    windows = (
        OpenWindow(from_ms=wall_ms - 12 * HOUR_MS, until_ms=closes_ms),
        OpenWindow(from_ms=max(closes_ms, wall_ms) + 4 * HOUR_MS, until_ms=wall_ms + 20 * DAY_MS),
    )
    entry = OpeningEntry(site=SITE, windows=windows)
    (scene.office.takes_back if scene.dice.random() < 0.5 else scene.office.says)(entry)


def bookings(scene: Scene) -> None:
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


def lock_out(scene: Scene) -> None:
    """Somebody locks a machine out, now and then as an emergency."""
    scene.locks += 1
    lock = LockEntry(
        lock=LockId(f"lock-{scene.locks}"),
        machine=scene.machine.machine,
        reason="blade",
        emergency=scene.dice.random() < 0.3,
    )
    scene.open_locks += (lock,)
    scene.office.says(lock)


def locks_lifted(scene: Scene) -> None:
    """All of them are lifted."""
    for lock in scene.open_locks:
        scene.office.takes_back(lock)
    scene.open_locks = ()
    scene.office.lifts_faults()


def machine_changes(scene: Scene) -> None:
    """A machine is withdrawn, wired elsewhere or taken away; or all of them are as they were."""
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


def office_goes_away(scene: Scene) -> None:
    """It is not heard for some hours, or for days."""
    scene.away_steps = scene.dice.choice([3, 20, 150])


def office_stops_a_use(scene: Scene) -> None:
    """A command, for a use that is there or not."""
    use = use_at(scene, scene.machine.machine)
    now = scene.floor.clock.now()
    session = SessionId("none") if use is None else use.opened.session
    scene.floor.feeds(
        ev.StopAsked(command="c", session=session, boot_id=now.boot_id, expires_boot_ms=now.boot_ms + 60_000)
    )


def quarantine(scene: Scene) -> None:
    """A copy of the card is suspected, or cleared."""
    scene.floor.quarantined = scene.dice.random() < 0.3
    scene.floor.feeds(ev.QuarantineSet(quarantined=scene.floor.quarantined))
