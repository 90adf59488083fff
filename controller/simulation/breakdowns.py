"""What breaks in a simulated workshop, and is put right: disk, clock, program, mains, relays, switches, contacts.

House rules: a chance is one function with the scene; it draws its own choices and looks at nothing that must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.simulation.cast import EXTRACTOR
from controller.simulation.desk import desk_is_kind, locks_lifted
from controller.simulation.scene import HOUR_MS

if TYPE_CHECKING:
    from controller.simulation.scene import Scene


def disk_hangs(scene: Scene) -> None:
    """Nothing reaches it any more."""
    scene.floor.disk_hung = scene.floor.tick.hung = True


def disk_recovers(scene: Scene) -> None:
    """All that waits is written."""
    scene.floor.disk_hung = scene.floor.tick.hung = False
    scene.floor.turns()


def disk_fills(scene: Scene) -> None:
    """The journal reaches its limit, or has room again."""
    scene.floor.journal.full = scene.dice.random() < 0.3


def commit_is_late(scene: Scene) -> None:
    """A start that reaches the disk at the edge of its budget, or beyond, before anybody looks at the clock."""
    disk_hangs(scene)
    scene.floor.taps(scene.member, scene.machine.machine)
    scene.floor.clock.passes(scene.dice.choice([100, 250, 251, 2_000]))
    scene.floor.disk_hung = scene.floor.tick.hung = False
    scene.floor.stores()


def clock_steps(scene: Scene) -> None:
    """The wall clock is set."""
    now = scene.floor.clock.now()
    if now.wall_ms is not None:
        scene.floor.clock.wall_becomes(now.wall_ms + scene.dice.choice([-HOUR_MS, -5_000, 5_000, HOUR_MS]))


def killed(scene: Scene) -> None:
    """The program dies and is started again."""
    scene.floor.crashes()
    scene.floor.clock.passes(scene.dice.choice([2_000, 30_000, 90_000]))
    scene.floor.starts_up()


def power_cut(scene: Scene) -> None:
    """The mains fail; sometimes the date is lost with them."""
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


def clean_restart(scene: Scene) -> None:
    """The program ends in good order and is started again."""
    scene.floor.feeds(ev.ShutdownAsked())
    scene.floor.crashes()
    scene.floor.clock.passes(5_000)
    scene.floor.starts_up()


def stall(scene: Scene) -> None:
    """The program is not scheduled for a while; then it sees what it missed."""
    scene.floor.clock.passes(scene.dice.choice([400, 5_000, 400_000, 3_600_000]))
    scene.floor.turns()


def relay_misbehaves(scene: Scene) -> None:
    """It will not close, or cannot be read, from its next order on."""
    channel = EXTRACTOR if scene.dice.random() < 0.2 else scene.machine.channel
    if (plug := scene.floor.plugs.get(channel)) is not None:
        plug.misbehaves(scene.dice.choice(["slow", "welded"]))
    else:
        (scene.floor.relays.dead if scene.dice.random() < 0.5 else scene.floor.relays.unread).add(channel)


def relays_mended(scene: Scene) -> None:
    """All relays obey again."""
    scene.floor.relays.dead.clear()
    scene.floor.relays.unread.clear()
    for plug in scene.floor.plugs.values():
        plug.is_mended()
    scene.floor.turns()


def contact(scene: Scene) -> None:
    """Emergency stop, guard or tampering."""
    scene.floor.feeds(
        ev.ContactChanged(
            channel=scene.machine.channel,
            source="board",
            contact=scene.dice.choice(["e_stop", "guard", "tamper"]),
            active=scene.dice.random() < 0.4,
        )
    )


def switch_lost_or_back(scene: Scene) -> None:
    """A cable is pulled, or plugged in."""
    channel, reached = scene.machine.channel, scene.dice.random() < 0.6
    if (plug := scene.floor.plugs.get(channel)) is not None:
        plug.in_reach(reached=scene.dice.random() < 0.5)
        scene.floor.passes(20_000)
        return
    if not reached:
        scene.floor.relays.opens_by_itself(channel)
    scene.floor.feeds(ev.SwitchSeen(channel=channel, reached=reached))


def put_right(scene: Scene) -> None:
    """A fabmanager and a maintainer have been round: what hung goes on, what was closed is open, who may come back may
    work, and the date is set.
    """
    disk_recovers(scene)
    if scene.floor.disk and scene.floor.clock.now().wall_ms is None:
        scene.floor.clock.wall_becomes(_noon_after(scene))
    desk_is_kind(scene)
    relays_mended(scene)
    locks_lifted(scene)
    scene.floor.journal.full = scene.floor.quarantined = False
    scene.floor.feeds(ev.QuarantineSet(quarantined=False))
    for entry in scene.cast.machines:
        scene.office.says(entry)
        for contact in ("e_stop", "guard", "tamper"):
            scene.floor.feeds(ev.ContactChanged(channel=entry.channel, source="board", contact=contact, active=False))
        if entry.channel not in scene.floor.plugs:
            scene.floor.feeds(ev.SwitchSeen(channel=entry.channel, reached=True))
    for plug in scene.floor.plugs.values():
        plug.in_reach(reached=True)
    scene.floor.passes(5_000)
