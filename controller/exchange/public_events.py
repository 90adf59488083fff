"""What a step of the engine means for the public tree: which passing events happened, and whose state is said anew.

House rules: pure; what the journal keeps is told from there (`public_journal`), here is what matters only while it
lasts; a state that did not change is not touched, because every message costs the Pi's one interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.facts import StartAbandoned, TapRefused
from controller.domain.workshop import Machine, Workshop
from controller.exchange.public import PublicEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from controller.domain.ids import MachineId


def events_of(before: Workshop, after: Workshop, effects: Sequence[ev.Effect]) -> tuple[PublicEvent, ...]:
    """Return the passing events of one step, in their order."""
    told = [event for effect in effects for event in _event_of(effect)]
    if not any(isinstance(each, ev.Record) and isinstance(each.fact, TapRefused | StartAbandoned) for each in effects):
        told += [event for effect in effects for event in _unwritten(effect)]
    for name in sorted(before.machines.keys() & after.machines.keys()):
        was, is_now = bool(before.locks_on(name)), bool(after.locks_on(name))
        if was != is_now:
            told.append(PublicEvent(event_type="locked" if is_now else "unlocked", machine=name))
    return tuple(event for event in told if event.machine in after.machines)


def touched(before: Workshop, after: Workshop, effects: Iterable[ev.Effect]) -> frozenset[MachineId]:
    """Return the machines whose state must be said anew: changed, switched, or in use when a tick is due."""
    if _for_all(before) != _for_all(after):
        return frozenset(after.machines)
    changed = {
        name
        for name, machine in after.machines.items()
        if before.machines.get(name) != machine or before.word(name) != after.word(name)
    }
    changed |= {name for name, machine in after.machines.items() if _meter(before, machine) != _meter(after, machine)}
    for effect in effects:
        match effect:
            case ev.Energise(machine=name) | ev.DeEnergise(machine=name):
                changed.add(name)
            case ev.WriteTick():
                changed |= {name for name in after.machines if after.word(name) == "in_use"}
            case _:
                pass
    return frozenset(changed & after.machines.keys())


def _meter(workshop: Workshop, machine: Machine) -> object:
    return workshop.meters.get(machine.policy.channel)


def _for_all(workshop: Workshop) -> tuple[object, ...]:
    outside = (workshop.unreached, workshop.contacts, workshop.readers)
    return (workshop.storage_full, workshop.storage_slow, workshop.quarantined, *outside)


def _event_of(effect: ev.Effect) -> Iterator[PublicEvent]:
    match effect:
        case ev.Signal(verdict="warning" | "overtime", machine=machine, ends_by=reason):
            yield PublicEvent(event_type="warning", machine=machine, reason=reason)
        case ev.Signal(verdict="confirm_stop" | "handing_over" as asked, machine=machine):
            yield PublicEvent(event_type=asked, machine=machine)
        case _:
            pass


def _unwritten(effect: ev.Effect) -> Iterator[PublicEvent]:
    """A refusal that the journal does not keep, because its disk does not take everything, or it only counts them."""
    match effect:
        case ev.Signal(verdict="refused" | "stranger", machine=machine, refusal=refusal):
            yield PublicEvent(event_type="denied", machine=machine, reason=refusal)
        case _:
            pass
