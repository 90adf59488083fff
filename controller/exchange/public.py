"""The public tree: what anybody with a dashboard's account may know of the machines, as MQTT messages.

House rules: pure, from a workshop and an instant to messages of the contract (`contract`, `payloads`). No member,
account, badge or token, and no text that somebody typed about a lock. A state is retained, an event is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from controller.domain.holds import so_far_cents
from controller.domain.metering import Sample
from controller.domain.opening_hours import closes_in_s
from controller.domain.reasons import REFUSAL_SENTENCES, STOP_SENTENCES, Refusal, Sentence, StopReason
from controller.domain.warnings import given_s
from controller.domain.working import busy_and_idle_s
from controller.domain.workshop import InUse, MachineWord, Starting, Workshop
from controller.exchange import contract
from controller.exchange.outgoing import Outbound
from controller.exchange.payloads import (
    CURRENCY,
    Cost,
    Event,
    EventType,
    Info,
    MachineName,
    PrivacyMode,
    Session,
    State,
)

if TYPE_CHECKING:
    from controller.domain.directory import MachineEntry
    from controller.domain.ids import ControllerId, MachineId, SiteId
    from controller.domain.now import Now
    from controller.exchange.totals import Totals

_STATE_REASONS: dict[MachineWord, Refusal] = {
    "startup": Refusal.MACHINE_STARTING_UP,
    "locked_out": Refusal.MACHINE_LOCKED,
    "maintenance": Refusal.MACHINE_MAINTENANCE,
    "fault": Refusal.MACHINE_FAULT,
}

_EVENT_SENTENCES: dict[EventType, Sentence] = {
    "granted": Sentence("La machine est en marche.", "The machine is on."),
    "denied": Sentence("Démarrage refusé.", "Start refused."),
    "warning": Sentence("L'utilisation va bientôt finir.", "The use will end soon."),
    "extended": Sentence("L'utilisation est prolongée.", "The use was extended."),
    "trained": Sentence("Une habilitation a été donnée sur place.", "A training was given on the spot."),
    "supervised": Sentence("L'utilisation est surveillée par un formateur.", "The use is supervised by a trainer."),
    "confirm_stop": Sentence("Posez encore le badge pour arrêter.", "Tap the badge once more to stop."),
    "handing_over": Sentence(
        "La machine est offerte : le badge suivant la reprend, le même l'arrête.",
        "The machine is offered: the next badge takes over, the same one stops it.",
    ),
    "ended": Sentence("L'utilisation est terminée.", "The use is over."),
    "locked": Sentence("La machine est hors service.", "The machine is locked out."),
    "unlocked": Sentence("La machine n'est plus hors service.", "The machine is no longer locked out."),
    "fault": REFUSAL_SENTENCES[Refusal.MACHINE_FAULT],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who publishes: a controller, at a site."""

    site: SiteId
    controller: ControllerId


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEvent:
    """Something that happened at a machine. `reason` and `cents` where there are any; `session` without its person.

    `id` where it has a name of its own, from the journal; else its number makes one.
    """

    event_type: EventType
    machine: MachineId
    session: str | None = None
    reason: Refusal | StopReason | None = None
    cents: int | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a controller says of itself, from its settings and its start."""

    version: str
    started_ms: int | None = None
    privacy_mode: PrivacyMode = "none"
    revenue: bool = False
    home_assistant: str = ""
    """The prefix of Home Assistant's discovery; empty: it is not told."""
    lang: Literal["fr", "en"] = "fr"


def last_will(place: Place) -> Outbound:
    """Return what the broker says for a controller that has gone."""
    return contract.outbound(contract.STATUS, "offline", site=place.site, controller=place.controller)


def hello_messages(place: Place, workshop: Workshop, about: About, now: Now) -> tuple[Outbound, ...]:
    """Return what a controller says at each connection, before its machines' states."""
    info = Info(
        ts=timestamp(now.wall_ms),
        controller=place.controller,
        site=place.site,
        version=about.version,
        started_at=timestamp(about.started_ms),
        privacy_mode=about.privacy_mode,
        revenue=about.revenue,
        machines=tuple(
            MachineName(id=name, name=workshop.machines[name].policy.name) for name in sorted(workshop.machines)
        ),
    )
    here = {"site": place.site, "controller": place.controller}
    return (
        contract.outbound(contract.INFO, info, **here),
        contract.outbound(contract.STATUS, "online", **here),
    )


def state_messages(
    place: Place, workshop: Workshop, machine: MachineId, now: Now, *, seq: int, relay_on: bool | None
) -> tuple[Outbound, ...]:
    """Return a machine's four retained messages. `relay_on` is what was read; `None` (unknown) means not available.

    `seq` grows with each state and event of one machine; equal or smaller numbers are old news.
    """
    situation = workshop.machines[machine].situation
    use = situation if isinstance(situation, InUse) else None
    power_w, current_ma = _measured(workshop, machine, now)
    state = State(
        ts=timestamp(now.wall_ms),
        seq=seq,
        state=workshop.word(machine),
        relay=None if relay_on is None else "ON" if relay_on else "OFF",
        reader=workshop.reader_word(machine),
        reason=_reason(workshop, machine, now),
        session=None if use is None else _session(workshop.machines[machine].policy, use, now),
        user=None,
        cost=None if use is None else Cost(amount_cents=so_far_cents(use, now)),
        power_w=power_w,
        current_ma=current_ma,
    )
    payloads: dict[contract.Topic, object] = {
        contract.AVAILABILITY: "offline" if relay_on is None else "online",
        contract.STATE: state,
        contract.RELAY: state.relay or "UNKNOWN",
        contract.IN_USE: "0" if use is None else "1",
    }
    return tuple(
        contract.outbound(topic, payload, site=place.site, machine=machine) for topic, payload in payloads.items()
    )


def total_messages(place: Place, machine: MachineId, totals: Totals) -> tuple[Outbound, ...]:
    """Return what a machine's totals say: bare numbers, energy where a meter ever told."""
    payloads = {
        contract.HOURS_TOTAL: _thousandths(totals.seconds * 1000 // 3600),
        contract.SESSIONS_TOTAL: str(totals.sessions),
    }
    if totals.energy_wh is not None:
        payloads[contract.ENERGY_KWH] = _thousandths(totals.energy_wh)
    return tuple(
        contract.outbound(topic, payload, site=place.site, machine=machine) for topic, payload in payloads.items()
    )


def event_message(
    place: Place,
    workshop: Workshop,
    event: PublicEvent,
    wall_ms: int | None,
    *,
    seq: int,
    mark: int | None = None,
    replayed: bool = False,
    revenue: bool = False,
) -> Outbound:
    """Return an event of the instant `wall_ms`; `replayed` says that it waited for the broker.

    Without `revenue` no price is told.
    """
    said, cents = _sentence(event), event.cents if revenue else None
    body = Event(
        event_type=event.event_type,
        id=event.id or f"{workshop.branch}-{event.machine}-{seq}",
        ts=timestamp(wall_ms),
        seq=seq,
        machine=event.machine,
        session_id=event.session,
        reason=event.reason,
        message_fr=said.fr,
        message_en=said.en,
        user=None,
        amount_cents=cents,
        currency=None if cents is None else CURRENCY,
        replayed=replayed,
    )
    return contract.outbound(contract.EVENT, body, mark=mark, site=place.site, machine=event.machine)


def farewell_messages(site: str, machine: str) -> tuple[Outbound, ...]:
    """Return what takes a machine's states away, when it is wired here no more; the last is marked `site/machine`."""
    *most, last = contract.MACHINE_STATES
    here = {"site": site, "machine": machine}
    return (
        *(contract.removal(topic, **here) for topic in most),
        contract.removal(last, mark=f"{site}/{machine}", **here),
    )


def _thousandths(count: int) -> str:
    return f"{count // 1000}.{count % 1000:03d}"


def _session(policy: MachineEntry, use: InUse, now: Now) -> Session:
    elapsed_ms = use.elapsed_ms(now.boot_ms)
    started_ms = use.started.wall_ms
    if started_ms is not None:
        started_ms -= use.elapsed_before_ms
    elif now.wall_ms is not None:  # the date became known during the use
        started_ms = now.wall_ms - elapsed_ms
    ends_ms = None if now.wall_ms is None else now.wall_ms + use.ends_at_ms - now.boot_ms
    busy_s, idle_s = busy_and_idle_s(use.work, elapsed_ms, elapsed_ms // 1000, now.boot_ms)
    return Session(
        id=use.opened.session,
        started_at=timestamp(started_ms),
        elapsed_s=elapsed_ms // 1000,
        ends_at=timestamp(ends_ms),
        ends_by=use.opened.limit_reason,
        warning_s=given_s(policy, use),
        overtime=use.overtime_s > 0,
        running=use.work.running if use.work is not None and use.work.proven(now.boot_ms) else None,
        busy_s=busy_s,
        idle_s=idle_s,
    )


def _measured(workshop: Workshop, machine: MachineId, now: Now) -> tuple[int | None, int | None]:
    """Return what the machine draws, in whole watts and milliamperes; null for what nobody measures now."""
    metered = workshop.meters.get(workshop.machines[machine].policy.channel)
    sample = metered.sample if metered is not None and metered.fresh(now.boot_ms) else Sample()
    power_w = None if sample.power_mw is None else (sample.power_mw + 500) // 1000
    return power_w, sample.current_ma


def _reason(workshop: Workshop, machine: MachineId, now: Now) -> Refusal | None:
    """Return why nobody may start now, as far as that holds for everybody."""
    word = workshop.word(machine)
    closed = workshop.closed_word(machine) or isinstance(workshop.machines[machine].situation, Starting | InUse)
    if not closed and (outside := workshop.out_of_order(machine)):
        return outside
    if word in _STATE_REASONS:
        return _STATE_REASONS[word]
    if word != "idle":
        return None
    if workshop.storage_full:
        return Refusal.STORAGE_FULL
    if workshop.storage_slow:
        return Refusal.STORAGE_SLOW
    if workshop.quarantined:
        return Refusal.QUARANTINED
    opening = workshop.openings.get(workshop.machines[machine].policy.site)
    return Refusal.CLOSED if closes_in_s(opening, now) == 0 else None


def _sentence(event: PublicEvent) -> Sentence:
    if event.event_type in ("warning", "extended"):
        return _EVENT_SENTENCES[event.event_type]  # its reason is what will end the use, not what has
    match event.reason:
        case Refusal():
            return REFUSAL_SENTENCES[event.reason]
        case StopReason():
            return STOP_SENTENCES[event.reason]
        case None:
            return _EVENT_SENTENCES[event.event_type]


def timestamp(wall_ms: int | None) -> str | None:
    """Return RFC 3339 in UTC; `None` while the date is unknown."""
    if wall_ms is None:
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=wall_ms)).isoformat(timespec="milliseconds")
