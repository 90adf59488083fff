"""The extractor beside a machine: on with the first use, kept on to cool down or to clear the air, then off.

House rules: pure, around `decide`; an extractor has power for a use that has it or for a cool-down with its end, and
for nothing else; it goes on before the machine and off after it. The emergency stop and a shutdown cut it too. What
reads otherwise than told is a fault of its machines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.ending import end_use
from controller.domain.evolve import evolve
from controller.domain.facts import FaultRaised, Stamp
from controller.domain.ids import LockId, MachineId
from controller.domain.reasons import StopReason
from controller.domain.workshop import IN_USE, InUse

if TYPE_CHECKING:
    from controller.domain.now import Now
    from controller.domain.workshop import Machine, Workshop

NAME = "extractor "
"""Before a channel, the name of its extractor among the relays: no id holds a space, so it is no machine's."""


def relay_of(channel: str) -> MachineId:
    """Return the name under which an extractor is switched and read, in the place of a machine's."""
    return MachineId(NAME + channel)


def with_extractors(workshop: Workshop, effects: tuple[ev.Effect, ...], now: Now) -> tuple[ev.Effect, ...]:
    """Return what was decided, and what the extractors do for it."""
    if not workshop.extracting and not any(machine.policy.extractor for machine in workshop.machines.values()):
        return effects
    after = _after(workshop, effects)
    wanted = {each.policy.extractor for each in after.machines.values() if isinstance(each.situation, InUse)} - {""}
    on: list[ev.Effect] = []
    for channel in sorted(wanted - after.unreached):
        if workshop.extracting.get(channel) != IN_USE:
            on += _switched(channel, on=True, until_ms=IN_USE)
    off: list[ev.Effect] = []
    for channel in sorted(workshop.extracting.keys() - wanted):
        off += _goes_off(workshop, after, channel, now)
    return (*on, *effects, *off)


def next_off_ms(workshop: Workshop) -> int | None:
    """Return when the next cool-down is over; `None` while none is under way."""
    return min((until_ms for until_ms in workshop.extracting.values() if until_ms != IN_USE), default=None)


def extractor_read(workshop: Workshop, event: ev.RelayRead, now: Now) -> tuple[ev.Effect, ...]:
    """Compare what an extractor reads with what it was told; no machine cuts or burns without its extractor."""
    channel = event.machine.removeprefix(NAME)
    if event.read_on is event.wanted_on or channel in workshop.unreached:
        return ()
    effects: list[ev.Effect] = []
    for machine in _beside(workshop, channel):
        if isinstance(machine.situation, InUse):
            effects += end_use(machine.situation, StopReason.FAULT, now)
        if not machine.faults:
            fault = FaultRaised(
                lock=LockId(f"fault-{workshop.branch}-{machine.policy.machine}-{now.boot_ms}"),
                machine=machine.policy.machine,
                wanted_on=event.wanted_on,
                read_on=event.read_on,
                at=Stamp.of(now),
                cause="extractor",
            )
            effects.append(ev.Record(fault))
    return tuple(effects)


def _after(workshop: Workshop, effects: tuple[ev.Effect, ...]) -> Workshop:
    for effect in effects:
        match effect:
            case ev.Record(fact=fact):
                workshop = evolve(workshop, fact)
            case ev.Note(notice=notice):
                workshop = evolve(workshop, notice)
            case _:
                pass
    return workshop


def _goes_off(before: Workshop, after: Workshop, channel: str, now: Now) -> tuple[ev.Effect, ...]:
    """Begin the cool-down, go on with it or end it."""
    until_ms, beside = before.extracting[channel], _beside(before, channel)
    pressed = any((each.policy.channel, "e_stop") == (at, what) for each in beside for at, _, what in after.contacts)
    if channel in after.unreached:  # it has opened by itself
        return (ev.Note(ev.Extracting(channel=channel, until_ms=None)),)
    if until_ms == IN_USE:
        longest_s = max((each.policy.cool_down_s for each in beside), default=0)
        until_ms = now.boot_ms + 1000 * longest_s
    if pressed or after.closing or now.boot_ms >= until_ms:
        return _switched(channel, on=False, until_ms=None)
    if until_ms == before.extracting[channel]:
        return ()
    return (ev.Note(ev.Extracting(channel=channel, until_ms=until_ms)),)


def _switched(channel: str, *, on: bool, until_ms: int | None) -> tuple[ev.Effect, ...]:
    return (ev.Extract(channel=channel, on=on), ev.Note(ev.Extracting(channel=channel, until_ms=until_ms)))


def _beside(workshop: Workshop, channel: str) -> list[Machine]:
    return [machine for machine in workshop.machines.values() if machine.policy.extractor == channel]
