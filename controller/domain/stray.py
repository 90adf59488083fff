"""Current that flows while nobody uses the machine: a relay that was bypassed, stuck, or a machine wired around it.

House rules: pure; the machine's own running threshold tells running from standby, and a minute of it tells a fact from
what a motor draws while it stops. Told once until the current is gone; a meter that fell silent between proves nothing.
Nothing is switched for it: the relay is off already.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.facts import CurrentUnexplained, Stamp
from controller.domain.working import load_mw
from controller.domain.workshop import Idle, Startup, Stray

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from controller.domain.ids import MachineId
    from controller.domain.metering import Metered
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop

STRAY_MS = 60_000


def unexplained(workshop: Workshop, event: ev.MeterRead, now: Now) -> tuple[ev.Effect, ...]:
    """Record current that has flowed for a minute at a machine that nobody uses."""
    load, before = load_mw(event.sample), workshop.meters.get(event.channel)
    if load is None or before is None or not before.fresh(now.boot_ms):
        return ()
    return tuple(
        ev.Record(CurrentUnexplained(machine=name, power_w=load // 1000, at=Stamp.of(now)))
        for name in _running_unused(workshop, event.channel, load)
        if (seen := workshop.stray.get(name)) is not None
        if not seen.told and now.boot_ms - seen.since_ms >= STRAY_MS
    )


def strays_after(workshop: Workshop, channel: str, metered: Metered) -> Mapping[MachineId, Stray]:
    """Return since when each machine draws current that no use explains, after a new sample of `channel`."""
    load, before = load_mw(metered.sample), workshop.meters.get(channel)
    if load is None:
        return workshop.stray
    goes_on = before is not None and before.fresh(metered.at_ms)
    found = {
        name: seen
        for name, seen in workshop.stray.items()
        if name in workshop.machines and workshop.machines[name].policy.channel != channel
    }
    for name in _running_unused(workshop, channel, load):
        seen = workshop.stray.get(name)
        found[name] = seen if seen is not None and goes_on else Stray(since_ms=metered.at_ms)
    return MappingProxyType(found)


def _running_unused(workshop: Workshop, channel: str, load: int) -> Iterator[MachineId]:
    for name, machine in workshop.machines.items():
        least_mw = 1000 * machine.policy.running_above_w
        runs = machine.policy.channel == channel and 0 < least_mw <= load
        if runs and isinstance(machine.situation, Idle | Startup):
            yield name
