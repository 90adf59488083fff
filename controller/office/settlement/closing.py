"""Closing an agreement's month: what it earned, who has what of it, frozen once and for all.

House rules: when a use ended says which version it earns under; what a closing has counted no other counts again, so a
use that arrives after its month was closed is settled by the next closing, as "from earlier periods". A provisional
closing is reckoned and kept nowhere; a final one is one entry of the ledger and a body whose hash that entry holds.
Closing again what is closed changes nothing and answers the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import insert, select

from controller.domain import closing as rules
from controller.domain.canonical import canonical, sha256_hex
from controller.domain.ids import BooksId
from controller.domain.waterfall import Settlement, Wheels, settle
from controller.errors import Message, ProgrammerError
from controller.office.directory.agreements import agreement_by_id, agreement_place
from controller.office.directory.tables import machine
from controller.office.ledger.signing import sign_head
from controller.office.ledger.store import balance, chain_end, post
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.settlement.checks import Line, check_list, liability_cents, waived
from controller.office.settlement.counters import corrections, counter_lines, stray_lines
from controller.office.settlement.expenses import open_expenses, parties_of, take
from controller.office.settlement.income import Income, income_of, unshared_uses, used_by_party
from controller.office.settlement.own_use import owed_by_version
from controller.office.settlement.paid import paid_since
from controller.office.settlement.periods import TIME_ZONE, Period, following, period
from controller.office.settlement.tables import agreement_closing
from controller.office.settlement.unpaid import unpaid_by_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Connection, Row

    from controller.domain.agreement import Agreement
    from controller.domain.deductions import Expense
    from controller.office.ledger.caches import Recount
    from controller.office.store import Change

FORMAT = "indivis-closing-1"
PROVISIONAL: Literal["provisional"] = "provisional"
FINAL: Literal["final"] = "final"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A closing: its body, and once it is final the number and hash of its entry, which its statements print."""

    body: dict[str, Any]
    entry: int | None = None
    hash: str | None = None

    @property
    def final(self) -> bool:
        """Whether it is frozen."""
        return self.entry is not None


def provisional(tx: Connection, agreement: str, month: str, now_ms: int) -> Closed:
    """Reckon a month as it stands; the frozen closing when there is one."""
    known = _stored(tx, agreement, month)
    if known is not None:
        return known
    found = agreement_by_id(tx, agreement)
    span, last = period("month", month), last_closing(tx, agreement)
    if last is not None and span.to_at <= last.to_at:
        raise _no_closing(agreement, month)
    in_books = agreement_place(tx, agreement)[0]
    lines = check_list(tx, in_books, agreement, found.goods, span)
    return Closed(body=_Reckoning(tx, found, span, last).body(PROVISIONAL, lines, now_ms))


def close(
    change: Change,
    agreement: str,
    month: str,
    *,
    waive: Mapping[str, str] | None = None,
    key: Ed25519PrivateKey | None = None,
    recount: Recount | None = None,
) -> Closed:
    """Close a month for good and sign the head; `waive` gives, by a line's code, why it may be closed although. Who
    closes several agreements in one go gives each the same `recount`.

    Raises `InvalidError` for a month that is not over or not the next one, `ConflictError` naming the lines in the way.
    """
    tx = change.tx
    known = _stored(tx, agreement, month)
    if known is not None:
        return known
    found = agreement_by_id(tx, agreement)
    in_books = BooksId(agreement_place(tx, agreement)[0])
    span, last = period("month", month), last_closing(tx, agreement)
    _check_turn(span, last, change.now_ms)
    lines = waived(check_list(tx, in_books, agreement, found.goods, span, recount), waive or {}, change.actor)
    _check_lines(lines)
    reckoned = _Reckoning(tx, found, span, last)
    body = canonical(reckoned.body(FINAL, lines, change.now_ms))
    content: dict[str, Any] = {"closing": agreement, "period": month, "body_sha256": sha256_hex(body)}
    request = rules.Closing(
        key=rules.agreement_key(agreement, month),
        event_at=span.to_at - 1,
        content=canonical(content).decode(),
        legs=rules.settlement_legs(agreement, reckoned.settlements),
    )
    done = post(tx, in_books, [request], booked_at=change.now_ms)[0]
    if done.outcome != "posted" or done.seq is None:
        raise ProgrammerError(Message("la clôture n'est pas inscrite", "the closing was not posted"))
    end = chain_end(tx, in_books)
    tx.execute(
        insert(agreement_closing).values(
            agreement=agreement,
            period=month,
            to_at=span.to_at,
            up_to_seq=done.seq,
            entry=done.seq,
            hash=end.hash,
            body=body.decode(),
            closed_by=change.actor,
            closed_at=change.now_ms,
        )
    )
    take(change, [expense.expense for expense in reckoned.expenses], month)
    if key is not None:
        sign_head(tx, in_books, key, change.now_ms)
    change.audit("close", agreement, after={"period": month, "entry": done.seq, "waived": _waivers(lines)})
    return Closed(body=json.loads(body), entry=done.seq, hash=end.hash)


def closings_of(tx: Connection, agreement: str) -> list[dict[str, Any]]:
    """Return the final closings of an agreement, newest first: period, entry, hash, closed_at."""
    column = agreement_closing.c
    rows = tx.execute(
        select(column.period, column.entry, column.hash, column.closed_at)
        .where(column.agreement == agreement)
        .order_by(column.to_at.desc())
    )
    return [dict(row) for row in rows.mappings()]


def last_closing(tx: Connection, agreement: str) -> Row[Any] | None:
    """Return the newest final closing of an agreement."""
    column = agreement_closing.c
    query = select(agreement_closing).where(column.agreement == agreement).order_by(column.to_at.desc()).limit(1)
    return tx.execute(query).first()


class _Reckoning:
    """A month as it is reckoned: its income, its expenses, its settlements and all that statements say of it."""

    def __init__(self, tx: Connection, agreement: Agreement, span: Period, last: Row[Any] | None) -> None:
        self._tx, self._agreement, self._span = tx, agreement, span
        self._books, self._name = agreement_place(tx, agreement.agreement)
        self._last = None if last is None else json.loads(last.body)
        self._from_seq = 0 if last is None else last.up_to_seq
        self._last_to_at = span.from_at if last is None else last.to_at
        self.income = income_of(tx, self._books, agreement, span, self._from_seq, self._last_to_at)
        self.expenses = open_expenses(tx, agreement.agreement, span.to_at)
        self._used_s = used_by_party(tx, agreement.goods, span)
        self._own = owed_by_version(tx, self._books, agreement, span, self._from_seq, self._last_to_at)
        self._unpaid = unpaid_by_version(tx, self._books, agreement, span.to_at)
        self._reserve_cents = -self._balance(rules.reserve(agreement.agreement))
        accounts = [rules.owner(agreement.agreement, party) for party in parties_of(agreement)]
        self._paid = paid_since(tx, self._books, accounts, self._from_seq)
        self.settlements = self._settled()

    def _settled(self) -> list[Settlement]:
        wheels = {} if self._last is None else self._last["wheels"]
        held, settled = self._reserve_cents, []
        for version in self._agreement.versions:
            own = [expense for expense in self.expenses if version.holds_at(expense.spent_at)]
            earned = self.income.by_version.get(version.version)
            waited = self._waited(version.version)
            of_own_use = self._own.get(version.version)
            if not (earned or own or waited or of_own_use or self._in_force(version.from_at, version.to_at)):
                continue
            one = settle(
                version,
                Wheels(**wheels.get(str(version.version), {})),
                (0 if earned is None else earned.cents) + waited - self._unpaid.get(version.version, 0),
                own,
                used_s=self._used_s,
                reserve_cents=held,
                seconds=0 if earned is None else earned.seconds,
                own_cents=of_own_use,
            )
            held += one.reserve_cents
            settled.append(one)
        return settled

    def _waited(self, version: int) -> int:
        """Return what the closing before left in the pool because nobody had paid it."""
        return 0 if self._last is None else int(self._last.get("waiting", {}).get(str(version), 0))

    def _in_force(self, from_at: int, to_at: int | None) -> bool:
        return from_at < self._span.to_at and (to_at is None or to_at > self._span.from_at)

    def body(self, status: str, lines: list[Line], now_ms: int) -> dict[str, Any]:
        """Return everything a statement says, as data."""
        end = chain_end(self._tx, BooksId(self._books))
        moved = sum(each.reserve_cents for each in self.settlements)
        wheels = {} if self._last is None else dict(self._last["wheels"])
        wheels |= {str(each.version): each.wheels.to_data() for each in self.settlements}
        return {
            "format": FORMAT,
            "status": status,
            "agreement": self._agreement.agreement,
            "name": self._name,
            "books": self._books,
            "period": self._span.name,
            "from_at": self._span.from_at,
            "to_at": self._span.to_at,
            "time_zone": TIME_ZONE,
            "reckoned_at": now_ms,
            "ledger": {"after_seq": self._from_seq, "up_to_seq": end.seq, "hash": end.hash},
            "check_list": [line.to_data() for line in lines],
            "liability_cents": liability_cents(self._tx, self._books),
            "versions": [self._version(each) for each in self.settlements],
            "wheels": wheels,
            **({"waiting": {str(version): cents for version, cents in self._unpaid.items()}} if self._unpaid else {}),
            "reserve": {"before_cents": self._reserve_cents, "after_cents": self._reserve_cents + moved},
            "owners": [self._owner(party) for party in parties_of(self._agreement)],
            "machines": self._named(self.income.machines()),
            "days": self._named([day.to_data() for day in self.income.days]),
            "counters": self._named(counter_lines(self._tx, self._agreement.goods, self._span)),
            "stray": self._named(stray_lines(self._tx, self._agreement.goods, self._span)),
            "corrections": self._named(
                corrections(self._tx, self._books, self._agreement.goods, self._from_seq, self._span)
            ),
            "unshared": self._named(unshared_uses(self._tx, self._agreement.goods, self._span)),
        }

    def _version(self, settled: Settlement) -> dict[str, Any]:
        version = self._agreement.versions[settled.version - 1]
        earned = self.income.by_version.get(settled.version)
        own = [expense for expense in self.expenses if version.holds_at(expense.spent_at)]
        return {
            "version": settled.version,
            "from_at": version.from_at,
            "to_at": version.to_at,
            "content_hash": version.content_hash,
            "manager": version.terms.manager,
            "legal_basis": version.terms.legal_basis,
            "loss_rule": version.terms.loss_rule,
            "uses": 0 if earned is None else earned.uses,
            "seconds": 0 if earned is None else earned.seconds,
            "gross_cents": 0 if earned is None else earned.gross_cents,
            "income_cents": settled.income_cents,
            "earlier_cents": 0 if earned is None else earned.earlier_cents,
            "waited_cents": self._waited(settled.version),
            "waiting_cents": self._unpaid.get(settled.version, 0),
            "before_cents": settled.before_cents,
            "fee_cents": settled.fee_cents,
            "after_cents": settled.after_cents,
            "from_reserve_cents": settled.from_reserve_cents,
            "reserve_cents": settled.reserve_cents,
            "distributed_cents": settled.distributed_cents,
            "lines": [
                {
                    "role": part.line.role,
                    "party": part.line.party,
                    "weight": part.line.weight,
                    "shared_cents": part.shared_cents,
                    "borne_cents": part.borne_cents,
                    "own_cents": part.own_cents,
                    "cents": part.cents,
                }
                for part in settled.parts
            ],
            "expenses": [_expense(expense) for expense in own],
        }

    def _owner(self, party: str) -> dict[str, Any]:
        key = self._agreement.agreement
        paid = self._paid.get(rules.owner(key, party), [])
        paid_cents = sum(each["cents"] for each in paid)
        before = paid_cents - self._balance(rules.owner(key, party))
        fee_cents, part_cents, claims_cents = 0, 0, 0
        for settled in self.settlements:
            for part in settled.parts:
                if part.line.party == party and part.line.role == "fee":
                    fee_cents += part.cents
                elif part.line.party == party:
                    part_cents += part.cents
            claims_cents += settled.claims.get(party, 0)
        after = before - paid_cents + part_cents + claims_cents
        called = bool(self.settlements) and self._called()
        return {
            "party": party,
            "before_cents": before,
            "paid_cents": paid_cents,
            "paid": paid,
            "part_cents": part_cents,
            "claims_cents": claims_cents,
            "after_cents": after,
            "fee_cents": fee_cents,
            "called_cents": max(0, -after) if called else 0,
        }

    def _called(self) -> bool:
        newest = self._agreement.versions[self.settlements[-1].version - 1]
        return newest.terms.loss_rule == "call_for_funds"

    def _named(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        known = {row.id: row.name for row in self._tx.execute(select(machine.c.id, machine.c.name))}
        return [{**row, "name": known.get(row["machine"], row["machine"])} for row in rows]

    def _balance(self, account: str) -> int:
        return balance(self._tx, BooksId(self._books), account)


def _expense(expense: Expense) -> dict[str, Any]:
    said: dict[str, Any] = expense.to_data()
    return said


def _stored(tx: Connection, agreement: str, month: str) -> Closed | None:
    place = (agreement_closing.c.agreement == agreement) & (agreement_closing.c.period == month)
    row = tx.execute(select(agreement_closing).where(place)).first()
    return None if row is None else Closed(body=json.loads(row.body), entry=row.entry, hash=row.hash)


def _check_turn(span: Period, last: Row[Any] | None, now_ms: int) -> None:
    if span.to_at > now_ms:
        raise InvalidError(
            Message(f"le mois {span.name} n'est pas fini", f"the month {span.name} is not over"),
            cure=Message("demandez son relevé provisoire", "ask for its provisional statement"),
        )
    if last is not None and span.name != (due := following(last.period)):
        raise InvalidError(
            Message(f"après {last.period} vient {due}, pas {span.name}", f"after {last.period} comes {due}"),
            cure=Message(f"clôturez d'abord {due}", f"close {due} first")
            if span.name > due
            else Message("inscrivez la correction au mois ouvert", "write the correction down in the open month"),
        )


def _check_lines(lines: list[Line]) -> None:
    in_the_way = [line for line in lines if not line.settled]
    if in_the_way:
        fr, en = (
            " ; ".join(f"{line.code} ({line.question.text(lang)} : {', '.join(line.names)})" for line in in_the_way)
            for lang in ("fr", "en")
        )
        raise ConflictError(
            Message(f"la clôture attend : {fr}", f"the closing waits for: {en}"),
            cure=Message("réglez-le, ou passez outre avec une raison", "settle it, or waive it with a reason"),
        )


def _waivers(lines: list[Line]) -> dict[str, Any]:
    return {line.code: line.reason for line in lines if line.waived_by is not None}


def _no_closing(agreement: str, month: str) -> Exception:
    return no_such("la clôture", "closing", f"{agreement} {month}")


__all__ = ["Closed", "Income", "close", "closings_of", "last_closing", "provisional"]
