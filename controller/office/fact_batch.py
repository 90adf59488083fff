"""Facts that are read together: uses opened and ended, money posted, locks, unknown badges; the rest goes to a tray.

House rules: facts are read in the order of their numbers, and everything they mean is written at the end, in the same
transaction. What cannot be posted waits in the tray with a reason; what it will cost is kept from being spent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, assert_never

from sqlalchemy import and_, select

from controller.domain.codec import MalformedFactError, UnknownFactError, fact_from
from controller.domain.facts import (
    BranchOpened,
    ClockAnchored,
    CommandAnswered,
    CurrentUnexplained,
    EndMoved,
    Fact,
    FaultRaised,
    HeadWitnessed,
    JournalRestored,
    LessonMarked,
    RightGranted,
    SessionEnded,
    SessionOpened,
    SessionResumed,
    StartAbandoned,
    TapRefused,
    TapsUnwritten,
    UseSupervised,
)
from controller.office.charging import Charged, Charger, NotChargeableError, settled
from controller.office.dating import Anchors, Dated
from controller.office.directory.balances import project_balances
from controller.office.directory.groups import follow_orders, note_lesson
from controller.office.intake import LOCK_UNPLACED, NOT_UNDERSTOOD
from controller.office.journal_tables import journal_branch, journal_fact
from controller.office.ledger.store import pool_earning, post
from controller.office.lost_uses import let_go_of_lost_uses
from controller.office.machine_hours import HoursCount
from controller.office.notices import (
    note_answer,
    note_fault,
    note_refusal,
    note_right,
    note_stray,
    note_supervised,
    note_unwritten,
    note_witness,
)
from controller.office.outcomes import Outcomes
from controller.office.plausible import implausible_because
from controller.office.refusals import NotFoundError
from controller.office.session_rows import SETTLED, SessionRows
from controller.office.store import Change
from controller.office.two_places import Opened, look_for_two_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from controller.domain.ids import BooksId
    from controller.office.ledger.store import Posted

READ_STANDINGS = ("open", "accepted")
"""Branches that are read: what others tell is stored and waits for a person's word."""

TO_COME_MS = 86_400_000
"""A use that ended more than a day from now has a clock that is wrong, and a wrong date would choose who earns."""

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


class FactBatch:
    """Facts that are read together; `run` writes everything they mean."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._tx = change.tx
        self._sessions = SessionRows(change.tx)
        self._charger = Charger(change.tx)
        self._hours = HoursCount(change.tx)
        self._outcomes = Outcomes(change.tx)
        self._anchors = Anchors(change.tx)
        self._charges: dict[BooksId, list[tuple[Row[Any], SessionEnded, Charged]]] = {}
        self._events: list[Event] = []
        self._opened_uses: list[Opened] = []
        self._following: set[str] = set()
        self._restored: dict[str, int] = {}
        self._posted = 0

    def run(self, rows: Sequence[Row[Any]]) -> Interpretation:
        facts = [(row, self._understood(row)) for row in rows]
        for row, fact in facts:
            if isinstance(fact, ClockAnchored):
                self._anchors.note(row.controller, fact)  # it also dates what stands before it
        self._sessions.load(key for _, fact in facts if (key := _session_of(fact)) is not None)
        ends = [fact for _, fact in facts if isinstance(fact, SessionEnded)]
        self._charger.expect(ends)
        self._hours.load(ended.machine for ended in ends)
        for row, fact in facts:
            if fact is not None:
                self._one(row, fact)
        for books, charges in self._charges.items():
            self._post(books, charges)
        self._sessions.flush()
        self._hours.flush()
        look_for_two_places(self._change, self._opened_uses)
        self._let_go()
        self._outcomes.write()
        project_balances(self._tx, self._sessions.touched)
        follow_orders(self._change, self._sessions.touched)
        return Interpretation(len(self._outcomes), self._posted, self._outcomes.in_tray, tuple(self._events))

    def _understood(self, row: Row[Any]) -> Fact | None:
        if row.body is None:
            self._outcomes.settle(row, "tray", "body_forgotten", None)
            return None
        try:
            fact = fact_from(row.kind, row.schema, json.loads(row.body))
        except (UnknownFactError, MalformedFactError) as error:
            self._outcomes.settle(row, "tray", NOT_UNDERSTOOD, str(error))
            return None
        wrong = implausible_because(fact)
        if wrong is not None:
            self._outcomes.settle(row, "tray", NOT_UNDERSTOOD, wrong)
            return None
        return fact

    def _one(self, row: Row[Any], fact: Fact) -> None:  # noqa: C901 - one arm for each kind of fact
        self._outcomes.settle(row, "nothing_to_post")
        match fact:
            case SessionOpened():
                self._opened(row, fact)
            case SessionEnded():
                self._ended(row, fact)
            case EndMoved():
                self._end_moved(fact)
            case StartAbandoned():
                self._abandoned(row, fact)
            case ClockAnchored():
                self._anchored(row, fact)
            case FaultRaised() | RightGranted() | UseSupervised() | LessonMarked():
                self._learned(row, fact)
            case TapRefused() | TapsUnwritten() | CurrentUnexplained():
                self._events.append(self._refused(row, fact))
            case CommandAnswered():
                self._events.append(note_answer(self._change, fact))
            case HeadWitnessed():
                note_witness(self._change, row.controller, fact)
            case JournalRestored():
                lost = {"backup": fact.backup_id, "up_to": f"{fact.up_to_branch}/{fact.up_to_n}"}
                self._change.alarm("journal_restored", f"{row.controller}/{row.branch}", {**lost})
                restored_at = self._anchors.instant(row.controller, fact.at)
                self._restored[row.controller] = row.received_at if restored_at is None else restored_at
            case BranchOpened() | SessionResumed():
                pass
            case _:
                assert_never(fact)

    def _opened(self, row: Row[Any], fact: SessionOpened) -> None:
        if self._sessions.state(fact.session) is not None:
            return  # told by another branch already, or its end came first
        opened_at = self._anchors.instant(row.controller, fact.at)
        if fact.takes_over is not None:
            self._following.add(fact.session)
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

    def _end_moved(self, fact: EndMoved) -> None:
        """Hold what the use may cost by its new end, the debt its machine's policy allows included."""
        if self._sessions.state(fact.session) == "open":
            self._sessions.hold(fact.session, fact.hold_cents + fact.debt_cents)
            self._sessions.touch(fact.session)

    def _refused(self, row: Row[Any], fact: TapRefused | TapsUnwritten | CurrentUnexplained) -> Event:
        if isinstance(fact, TapsUnwritten):
            return note_unwritten(self._change, fact)
        if isinstance(fact, CurrentUnexplained):
            return note_stray(self._change, row, fact, self._anchors.instant(row.controller, fact.at))
        return note_refusal(self._change, row.controller, fact)

    def _let_go(self) -> None:
        newest: dict[str, tuple[str, int]] = {}
        for use in self._opened_uses:
            if use.session in self._following:
                continue  # the end of the use that it took over is the next fact, which is perhaps not here yet
            if use.opened_at >= newest.get(use.machine, ("", 0))[1]:
                newest[use.machine] = (use.session, use.opened_at)
        if newest or self._restored:
            let_go_of_lost_uses(self._change, self._sessions, newest, self._restored)

    def _abandoned(self, row: Row[Any], fact: StartAbandoned) -> None:
        if self._sessions.state(fact.session) == "open":
            self._sessions.change(fact.session, state="abandoned")
            self._sessions.release(fact.session)
            self._events.append(("session_abandoned", {"session": fact.session, "machine": fact.machine}))

    def _ended(self, row: Row[Any], fact: SessionEnded) -> None:
        known = self._sessions.state(fact.session)
        if known == "abandoned":
            if fact.seconds:
                self._outcomes.settle(row, "tray", "settled_otherwise", fact.session)
            return
        dated = self._anchors.dated(row, fact.ended)
        if known not in SETTLED:
            self._note_end(row, fact, dated)
        if dated is None:
            self._to_tray(row, fact, "undated", fact.ended.boot_id)
            return
        if dated.at_ms > self._change.now_ms + TO_COME_MS:
            self._to_tray(row, fact, "date_to_come", str(dated.at_ms))
            return
        try:
            charged = self._charger.charged(fact, dated)
        except NotChargeableError as error:
            self._to_tray(row, fact, *error.args)
            return
        if charged.adjustment == "announced_otherwise" and known not in SETTLED:
            said = {"announced": fact.announced_cents, "recomputed": charged.recomputed_cents}
            self._change.alarm("announced_otherwise", fact.session, {**said})
        self._charges.setdefault(charged.books, []).append((row, fact, charged))

    def _note_end(self, row: Row[Any], fact: SessionEnded, dated: Dated | None) -> None:
        if self._sessions.state(fact.session) != "ended":
            self._hours.add(fact)
        self._sessions.change(
            fact.session,
            state="ended",
            controller=row.controller,
            machine=fact.machine,
            member=fact.member,
            account=fact.account,
            kind=fact.kind.value,
            opened_at=self._anchors.instant(row.controller, fact.started),
            ended_at=None if dated is None else dated.at_ms,
            stop_reason=fact.reason.value,
            seconds=fact.seconds,
            announced_cents=fact.announced_cents,
            busy_s=fact.busy_s,
            idle_s=fact.idle_s,
            energy_wh=fact.energy_wh,
        )
        self._sessions.release(fact.session)
        self._events.append(("session_ended", {"session": fact.session, "machine": fact.machine}))

    def _to_tray(self, row: Row[Any], fact: SessionEnded, reason: str, detail: str) -> None:
        if self._sessions.state(fact.session) == "ended":
            self._sessions.hold(fact.session, fact.announced_cents, in_tray=True)
        self._outcomes.settle(row, "tray", reason, detail)

    def _post(self, books: BooksId, charges: list[tuple[Row[Any], SessionEnded, Charged]]) -> None:
        requests = [charged.charge for _, _, charged in charges]
        results = post(self._tx, books, requests, booked_at=self._change.now_ms)
        for (row, fact, charged), result in zip(charges, results, strict=True):
            self._posted += result.outcome == "posted"
            if result.outcome == "refused":
                counted = result.seq is not None
                self._to_tray(row, fact, "counted_otherwise" if counted else "refused", result.reason or "")
                continue
            self._outcomes.settle(row, "posted")
            if self._sessions.state(fact.session) not in SETTLED:
                self._note_posted(fact, charged, result)

    def _note_posted(self, fact: SessionEnded, charged: Charged, result: Posted) -> None:
        pool = pool_earning(charged.charge, result)
        self._sessions.change(
            fact.session,
            state="posted",
            gross_cents=result.paid_cents,
            net_cents=result.earned_cents,
            agreement=None if pool is None else pool[0],
            agreement_version=None if pool is None else pool[1],
            adjustment=settled(fact, charged, result.paid_cents),
            entry=result.seq,
        )
        self._sessions.release(fact.session)
        self._events.append(("session_posted", {"session": fact.session, "machine": fact.machine}))

    def _learned(self, row: Row[Any], fact: FaultRaised | RightGranted | UseSupervised | LessonMarked) -> None:
        """Take into the directory what the floor has learned; what has no place there waits for a person."""
        try:
            if isinstance(fact, RightGranted):
                event = note_right(self._change, fact, self._anchors.instant(row.controller, fact.at))
            elif isinstance(fact, UseSupervised):
                event = note_supervised(self._change, fact, self._anchors.instant(row.controller, fact.at))
            elif isinstance(fact, LessonMarked):
                event = note_lesson(self._change, fact, self._anchors.instant(row.controller, fact.at))
            else:
                event = note_fault(replace(self._change, actor=row.controller), fact)
            self._events.append(event)
        except NotFoundError as error:
            self._outcomes.settle(row, "tray", LOCK_UNPLACED, str(error))

    def _anchored(self, row: Row[Any], fact: ClockAnchored) -> None:
        """Date what waited in the tray for this boot's date."""
        column, branch = journal_fact.c, journal_branch.c
        waiting = self._tx.execute(
            select(journal_fact)
            .join(journal_branch, and_(branch.controller == column.controller, branch.branch == column.branch))
            .where(
                column.controller == row.controller,
                column.state == "tray",
                column.tray_reason == "undated",
                column.tray_detail == fact.boot_id,
                branch.state.in_(READ_STANDINGS),
            )
            .order_by(column.n, column.branch)
        ).all()
        for held in waiting:
            ended = self._understood(held)
            if isinstance(ended, SessionEnded):
                self._sessions.load([ended.session])
                self._one(held, ended)


def _session_of(fact: Fact | None) -> str | None:
    if isinstance(fact, SessionOpened | EndMoved | SessionEnded | StartAbandoned):
        return fact.session
    return None
