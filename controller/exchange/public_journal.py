"""Events of the public tree from the journal: at least once, in order, over outages and restarts.

House rules: a fact gives at most one event, whose id is the fact's name; how far everything is told is the number below
the first one that the broker has not taken. A start is told when it has power, which the journal proves only later:
until then it waits, and is not counted as told. Used from the publisher's thread, but for `taken`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controller.domain.codec import MalformedFactError, UnknownFactError, fact_from
from controller.domain.facts import (
    EndMoved,
    Fact,
    FaultRaised,
    RightGranted,
    SessionEnded,
    SessionOpened,
    SessionResumed,
    StartAbandoned,
    TapRefused,
    UseSupervised,
)
from controller.domain.workshop import InUse, Workshop
from controller.exchange.public import PublicEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.domain.chain import SealedFact
    from controller.domain.facts import Stamp
    from controller.domain.ids import SessionId
    from controller.domain.now import Now
    from controller.exchange.ports import Journal
    from controller.exchange.public_memory import PublicMemory

BATCH_MAX = 50
"""Facts of one look: some milliseconds of one read, after which states and taps have their turn."""

WAITING_MAX = 100
"""Events that may wait for the broker's answer. A slow broker sets the pace; what is beyond stays in the journal."""

LATE_MS = 60_000
"""What happened a minute before it is told is told as late, whatever held it up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """An event, of which fact it is, when it happened, and whether it comes late."""

    n: int
    hash_before: str
    event: PublicEvent
    wall_ms: int | None
    replayed: bool


class JournalEvents:
    """Where the telling of one journal stands."""

    def __init__(self, journal: Journal, memory: PublicMemory) -> None:
        self._journal, self._memory = journal, memory
        self._next_n = memory.first_to_tell(journal)
        self._last_hash = journal.hash_at(self._next_n - 1) or ""
        self._late_up_to_n = journal.head().n
        self._starts: dict[SessionId, tuple[SealedFact, SessionOpened]] = {}
        self._untaken: dict[int, str] = {}  # with the hash of the fact before
        self._guard = threading.Lock()

    def connected(self) -> None:
        """A connection stands: what the broker has not taken is told again, and all there is so far as late."""
        self._next_n, self._last_hash = self._first_untold()
        with self._guard:
            self._untaken.clear()
        self._starts.clear()
        self._late_up_to_n = self._journal.head().n

    def taken(self, n: int) -> None:
        """The broker has answered for the event of fact `n`; from any thread."""
        with self._guard:
            self._untaken.pop(n, None)

    def waiting(self) -> int:
        """Return how many facts are not told yet."""
        return self._journal.head().n - self._first_untold()[0] + 1

    def more(self) -> bool:
        """Whether another look would find something to tell now."""
        return self._room() > 0 and self._journal.head().n >= self._next_n

    def look(self, workshop: Workshop, now: Now) -> tuple[Dated, ...]:
        """Return what is to be told now, a batch at most; all of it is waited for until `taken`."""
        told = [self._dated(link, _granted(opened), opened.at, now) for link, opened in self._powered(workshop)]
        for link in self._journal.read(self._next_n, min(BATCH_MAX, self._room())):
            told += self._events_of(link, now)
            self._next_n, self._last_hash = link.n + 1, link.hash
        told += [self._dated(link, _granted(opened), opened.at, now) for link, opened in self._powered(workshop)]
        with self._guard:
            self._untaken |= {each.n: each.hash_before for each in told}
        return tuple(told)

    def remember(self) -> None:
        """Put how far everything is told into the memory; asks the journal nothing, so any thread may."""
        n, digest = self._first_untold()
        self._memory.told = (n - 1, digest)

    def _first_untold(self) -> tuple[int, str]:
        """Return the first number that may have to be told again, and the hash of the fact before it."""
        with self._guard:
            starting = [(link.n, link.prev) for link, _ in self._starts.values()]
            return min([(self._next_n, self._last_hash), *self._untaken.items(), *starting])

    def _room(self) -> int:
        with self._guard:
            return max(0, WAITING_MAX - len(self._untaken))

    def _powered(self, workshop: Workshop) -> Iterator[tuple[SealedFact, SessionOpened]]:
        """Take out the starts that have power by now."""
        for session, (_, opened) in list(self._starts.items()):
            machine = workshop.machines.get(opened.machine)
            situation = None if machine is None else machine.situation
            if isinstance(situation, InUse) and situation.opened.session == session:
                yield self._starts.pop(session)

    def _events_of(self, link: SealedFact, now: Now) -> Iterator[Dated]:
        fact = _fact_of(link)
        match fact:
            case SessionOpened():
                self._starts[fact.session] = (link, fact)
            case StartAbandoned():
                self._starts.pop(fact.session, None)
            case SessionEnded() | SessionResumed() | EndMoved() if fact.session in self._starts:
                opening, opened = self._starts.pop(fact.session)
                yield self._dated(opening, _granted(opened), opened.at, now)
            case _:
                pass
        if fact is not None and (event := event_of(fact)) is not None:
            at = fact.ended if isinstance(fact, SessionEnded) else fact.at
            yield self._dated(link, event, at, now)

    def _dated(self, link: SealedFact, event: PublicEvent, at: Stamp, now: Now) -> Dated:
        late = at.boot_id != now.boot_id or now.boot_ms - at.boot_ms > LATE_MS
        replayed = late or link.n <= self._late_up_to_n
        named = replace(event, id=f"{link.branch}-{link.n}")
        return Dated(n=link.n, hash_before=link.prev, event=named, wall_ms=at.wall_ms, replayed=replayed)


def event_of(fact: Fact) -> PublicEvent | None:
    """Return what a fact says to the public tree by itself; a start says nothing before it has power."""
    match fact:
        case TapRefused() | StartAbandoned():
            return PublicEvent(event_type="denied", machine=fact.machine, reason=fact.reason)
        case EndMoved(cause="tap" | "button" | "credit"):
            return PublicEvent(
                event_type="extended", machine=fact.machine, session=fact.session, reason=fact.limit_reason
            )
        case RightGranted():
            return PublicEvent(event_type="trained", machine=fact.machine, session=fact.session)
        case UseSupervised():
            return PublicEvent(event_type="supervised", machine=fact.machine, session=fact.session)
        case SessionEnded():
            return PublicEvent(
                event_type="ended",
                machine=fact.machine,
                session=fact.session,
                reason=fact.reason,
                cents=fact.announced_cents,
            )
        case FaultRaised():
            return PublicEvent(event_type="fault", machine=fact.machine)
        case _:
            return None


def _granted(opened: SessionOpened) -> PublicEvent:
    return PublicEvent(event_type="granted", machine=opened.machine, session=opened.session)


def _fact_of(link: SealedFact) -> Fact | None:
    """Read a fact; `None` for one whose body is forgotten, or that a later version wrote."""
    if link.body is None:
        return None
    try:
        return fact_from(link.kind, link.schema, link.body)
    except (UnknownFactError, MalformedFactError):
        return None
