"""What stored facts mean: uses opened and ended, money posted, locks, unknown badges; the rest goes to a
tray.

House rules: facts are read in the order of their numbers, many in one transaction that also writes what they
mean, so a crash between storing and reading loses and doubles nothing. What cannot be posted waits in the
tray with a reason until a person or a later fact helps; what it will cost is meanwhile kept from being spent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, assert_never

from sqlalchemy import and_, bindparam, select, update

from controller.domain.codec import MalformedFactError, UnknownFactError, fact_from
from controller.domain.facts import (
    BranchOpened,
    ClockAnchored,
    CommandAnswered,
    Fact,
    FaultRaised,
    HeadWitnessed,
    JournalRestored,
    SessionEnded,
    SessionOpened,
    SessionResumed,
    StartAbandoned,
    TapRefused,
)
from controller.office.charging import Charged, Charger, NotChargeableError
from controller.office.directory.balances import project_balances
from controller.office.intake import LOCK_UNPLACED, NOT_UNDERSTOOD
from controller.office.journal_tables import journal_branch, journal_fact
from controller.office.ledger.store import post
from controller.office.notices import Anchors, note_answer, note_fault, note_refusal, note_witness
from controller.office.refusals import NotFoundError
from controller.office.session_rows import SETTLED, SessionRows
from controller.office.store import Change
from controller.office.two_places import Opened, look_for_two_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from controller.domain.ids import BooksId
    from controller.office.ledger.store import Posted

FACTS_LIMIT = 1_000
"""Facts read in one transaction: some tenths of a second, so a person's change never waits long for its turn.
"""

READ_STANDINGS = ("open", "accepted")
"""Branches that are read: what others tell is stored and waits for a person's word."""

Name = tuple[str, str, int]
Event = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a batch came to: facts read, entries posted, facts left in the tray, events to show on pages after
    the commit.
    """

    facts: int = 0
    posted: int = 0
    in_tray: int = 0
    events: tuple[Event, ...] = ()


def interpret(change: Change, limit: int = FACTS_LIMIT) -> Interpretation:
    """Read at most `limit` stored facts in order and post what they mean; `facts` is 0 when nothing waits."""
    fact, branch = journal_fact.c, journal_branch.c
    same = and_(branch.controller == fact.controller, branch.branch == fact.branch)
    rows = change.tx.execute(
        select(journal_fact)
        .join(journal_branch, same)
        .where(fact.state == "stored", branch.state.in_(READ_STANDINGS))
        .order_by(fact.controller, fact.n, fact.branch)
        .limit(min(limit, FACTS_LIMIT))
    ).all()
    return _Batch(change).run(rows)


def read_again(change: Change, rows: Sequence[Row[Any]]) -> Interpretation:
    """Read stored rows of facts once more, in the order given."""
    return _Batch(change).run(rows)


class _Batch:
    """Facts that are read together; `run` writes everything they mean."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._tx = change.tx
        self._sessions = SessionRows(change.tx)
        self._charger = Charger(change.tx)
        self._outcomes: dict[Name, tuple[str, str | None, str | None]] = {}
        self._anchors = Anchors(change.tx)
        self._charges: dict[BooksId, list[tuple[Row[Any], SessionEnded, Charged]]] = {}
        self._undated: list[tuple[str, Row[Any]]] = []
        self._events: list[Event] = []
        self._opened_uses: list[Opened] = []
        self._posted = 0

    def run(self, rows: Sequence[Row[Any]]) -> Interpretation:
        facts = [(row, self._understood(row)) for row in rows]
        self._sessions.load(key for _, fact in facts if (key := _session_of(fact)) is not None)
        for row, fact in facts:
            if fact is not None:
                self._one(row, fact)
        for books, charges in self._charges.items():
            self._post(books, charges)
        self._sessions.flush()
        look_for_two_places(self._change, self._opened_uses)
        self._write_outcomes()
        project_balances(self._tx, self._sessions.touched)
        in_tray = sum(state == "tray" for state, _, _ in self._outcomes.values())
        return Interpretation(len(self._outcomes), self._posted, in_tray, tuple(self._events))

    def _understood(self, row: Row[Any]) -> Fact | None:
        if row.body is None:
            self._settle(row, "tray", "body_forgotten", None)
            return None
        try:
            return fact_from(row.kind, row.schema, json.loads(row.body))
        except (UnknownFactError, MalformedFactError) as error:
            self._settle(row, "tray", NOT_UNDERSTOOD, str(error))
            return None

    def _one(self, row: Row[Any], fact: Fact) -> None:  # noqa: C901 - one arm for each kind of fact
        self._settle(row, "nothing_to_post")
        match fact:
            case SessionOpened():
                self._opened(row, fact)
            case SessionEnded():
                self._ended(row, fact)
            case StartAbandoned():
                self._abandoned(row, fact)
            case ClockAnchored():
                self._anchored(row, fact)
            case FaultRaised():
                self._fault(row, fact)
            case TapRefused():
                self._events.append(note_refusal(self._change, row.controller, fact))
            case CommandAnswered():
                self._events.append(note_answer(self._change, fact))
            case HeadWitnessed():
                note_witness(self._change, row.controller, fact)
            case JournalRestored():
                lost = {"backup": fact.backup_id, "up_to": f"{fact.up_to_branch}/{fact.up_to_n}"}
                self._change.alarm("journal_restored", f"{row.controller}/{row.branch}", {**lost})
            case BranchOpened() | SessionResumed():
                pass
            case _:
                assert_never(fact)

    def _opened(self, row: Row[Any], fact: SessionOpened) -> None:
        if self._sessions.state(fact.session) is not None:
            return  # told by another branch already, or its end came first
        opened_at = self._anchors.instant(row.controller, fact.at)
        if opened_at is not None:
            self._opened_uses.append(Opened(fact.session, fact.machine, fact.member, opened_at))
        self._sessions.change(
            fact.session,
            state="open",
            controller=row.controller,
            machine=fact.machine,
            member=fact.member,
            account=fact.account,
            kind=fact.kind.value,
            opened_at=opened_at,
        )
        self._sessions.hold(fact.session, fact.hold_cents)
        self._events.append(("session_opened", {"session": fact.session, "machine": fact.machine}))

    def _abandoned(self, row: Row[Any], fact: StartAbandoned) -> None:
        if self._sessions.state(fact.session) == "open":
            self._sessions.change(fact.session, state="abandoned")
            self._sessions.release(fact.session)
            self._events.append(("session_abandoned", {"session": fact.session, "machine": fact.machine}))

    def _ended(self, row: Row[Any], fact: SessionEnded) -> None:
        event_at = self._anchors.instant(row.controller, fact.ended)
        known = self._sessions.state(fact.session)
        if known not in SETTLED:
            self._note_end(row, fact, event_at)
        if event_at is None:
            self._undated.append((fact.ended.boot_id, row))
            self._to_tray(row, fact, "undated", fact.ended.boot_id)
            return
        try:
            charged = self._charger.charged(fact, event_at)
        except NotChargeableError as error:
            self._to_tray(row, fact, *error.args)
            return
        if charged.adjustment == "announced_otherwise" and known not in SETTLED:
            said = {"announced": fact.announced_cents, "recomputed": charged.charge.receipt.gross_cents}
            self._change.alarm("announced_otherwise", fact.session, {**said})
        self._charges.setdefault(charged.books, []).append((row, fact, charged))

    def _note_end(self, row: Row[Any], fact: SessionEnded, event_at: int | None) -> None:
        self._sessions.change(
            fact.session,
            state="ended",
            controller=row.controller,
            machine=fact.machine,
            member=fact.member,
            account=fact.account,
            kind=fact.kind.value,
            opened_at=self._anchors.instant(row.controller, fact.started),
            ended_at=event_at,
            stop_reason=fact.reason.value,
            seconds=fact.seconds,
            announced_cents=fact.announced_cents,
        )
        self._sessions.release(fact.session)
        self._events.append(("session_ended", {"session": fact.session, "machine": fact.machine}))

    def _to_tray(self, row: Row[Any], fact: SessionEnded, reason: str, detail: str) -> None:
        if self._sessions.state(fact.session) == "ended":
            self._sessions.hold(fact.session, fact.announced_cents, in_tray=True)
        self._settle(row, "tray", reason, detail)

    def _post(self, books: BooksId, charges: list[tuple[Row[Any], SessionEnded, Charged]]) -> None:
        requests = [charged.charge for _, _, charged in charges]
        results = post(self._tx, books, requests, booked_at=self._change.now_ms)
        for (row, fact, charged), result in zip(charges, results, strict=True):
            self._posted += result.outcome == "posted"
            if result.outcome == "refused":
                counted = result.seq is not None
                self._to_tray(row, fact, "counted_otherwise" if counted else "refused", result.reason or "")
                continue
            self._settle(row, "posted")
            if self._sessions.state(fact.session) not in SETTLED:
                self._note_posted(fact, charged, result)

    def _note_posted(self, fact: SessionEnded, charged: Charged, result: Posted) -> None:
        receipt, pool = charged.charge.receipt, charged.charge.pool
        self._sessions.change(
            fact.session,
            state="posted",
            gross_cents=receipt.gross_cents,
            net_cents=receipt.net_cents,
            agreement=None if pool is None else pool[0],
            agreement_version=None if pool is None else pool[1],
            adjustment=charged.adjustment,
            entry=result.seq,
        )
        self._sessions.release(fact.session)
        self._events.append(("session_posted", {"session": fact.session, "machine": fact.machine}))

    def _fault(self, row: Row[Any], fact: FaultRaised) -> None:
        try:
            self._events.append(note_fault(replace(self._change, actor=row.controller), fact))
        except NotFoundError as error:
            self._settle(row, "tray", LOCK_UNPLACED, str(error))

    def _anchored(self, row: Row[Any], fact: ClockAnchored) -> None:
        """Date what waited for this boot's date: in this batch, and in the tray."""
        self._anchors.note(row.controller, fact)
        waiting = [held for boot, held in self._undated if (held.controller, boot) == (row.controller, fact.boot_id)]
        self._undated = [(boot, held) for boot, held in self._undated if held not in waiting]
        column = journal_fact.c
        waiting += self._tx.execute(
            select(journal_fact)
            .where(
                column.controller == row.controller,
                column.state == "tray",
                column.tray_reason == "undated",
                column.tray_detail == fact.boot_id,
            )
            .order_by(column.n, column.branch)
        ).all()
        for held in waiting:
            ended = self._understood(held)
            if isinstance(ended, SessionEnded):
                self._sessions.load([ended.session])
                self._one(held, ended)

    def _settle(self, row: Row[Any], state: str, reason: str | None = None, detail: str | None = None) -> None:
        self._outcomes[row.controller, row.branch, row.n] = (state, reason, detail)

    def _write_outcomes(self) -> None:
        """Write what became of each fact, and how far each branch is read."""
        if not self._outcomes:
            return
        names = [
            {"_controller": controller, "_branch": branch, "_n": n, "_state": state, "_reason": reason, "_detail": said}
            for (controller, branch, n), (state, reason, said) in self._outcomes.items()
        ]
        values: dict[str, Any] = {
            "state": bindparam("_state"),
            "tray_reason": bindparam("_reason"),
            "tray_detail": bindparam("_detail"),
        }
        self._tx.execute(update(journal_fact).where(_BY_NAME).values(values), names)
        ends: dict[tuple[str, str], int] = {}
        for controller, branch, n in self._outcomes:
            ends[controller, branch] = max(n, ends.get((controller, branch), 0))
        for (controller, branch), n in ends.items():
            place = and_(
                journal_branch.c.controller == controller,
                journal_branch.c.branch == branch,
                journal_branch.c.interpreted_n < n,
            )
            self._tx.execute(update(journal_branch).where(place).values(interpreted_n=n))


_BY_NAME = and_(
    journal_fact.c.controller == bindparam("_controller"),
    journal_fact.c.branch == bindparam("_branch"),
    journal_fact.c.n == bindparam("_n"),
)


def _session_of(fact: Fact | None) -> str | None:
    if isinstance(fact, SessionOpened | SessionEnded | StartAbandoned):
        return fact.session
    return None
