"""Closing the books' days, months and years: totals of the period, and perpetual ones since the first entry.

House rules: a closing is an entry without legs, so it is chained, signed and closed once. Days cut the chain without
gap or overlap, a month is the sum of its days and a year of its months: by construction they add up, also over nights
when the clocks change. The first day that is closed takes in all that was booked before it; a day without an entry has
no closing.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, and_, case, func, or_, select

from controller.domain import closing as rules
from controller.domain.canonical import canonical
from controller.domain.ids import BooksId
from controller.domain.ledger import PREPAID_PREFIX, RECEIVABLE_PREFIX
from controller.errors import Message, ProgrammerError
from controller.office.directory.tables import books, controller, site
from controller.office.ledger.signing import sign_head
from controller.office.ledger.store import chain_end, post
from controller.office.ledger.tables import ledger_entry, ledger_posting
from controller.office.refusals import InvalidError, no_such
from controller.office.settlement.periods import Period, day_of, days_of, period
from controller.office.settlement.witnessing import write_letters

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Connection

    from controller.domain.closing import BooksPeriod
    from controller.office.store import Change

FORMAT = "indivis-books-closing-1"
_COUNTED = ("entries", "sales_cents")


def close_books(
    change: Change, in_books: str, kind: BooksPeriod, name: str, *, key: Ed25519PrivateKey | None = None
) -> dict[str, Any]:
    """Close a day, month or year of books with whatever in it is not closed yet, sign the head, and return its totals.

    Closing again what is closed answers the same. Raises `InvalidError` for a period that is not over, or that holds
    nothing which a later one has not closed.
    """
    tx = change.tx
    if tx.execute(select(books.c.id).where(books.c.id == in_books)).first() is None:
        raise no_such("le compte", "books", in_books)
    span = period(kind, name)
    known = closed_books(tx, in_books, kind, span.name)
    if known is not None:
        return known
    if span.to_at > change.now_ms:
        raise InvalidError(
            Message(f"la période {span.name} n'est pas finie", f"the period {span.name} is not over"),
            cure=Message("attendez sa fin", "wait for its end"),
        )
    _close_days(change, in_books, span)
    if kind == "year":
        for month in range(1, 13):
            _add_up(change, in_books, "month", f"{span.name}-{month:02}", "day")
    if kind != "day":
        _add_up(change, in_books, kind, span.name, "day" if kind == "month" else "month")
    done = closed_books(tx, in_books, kind, span.name)
    if done is None:
        raise InvalidError(
            Message(f"rien n'est inscrit dans {span.name}", f"nothing is booked in {span.name}"),
            why=Message("ou une période suivante l'a déjà clôturé", "or a later period has closed it already"),
        )
    if key is not None:
        sign_head(tx, BooksId(in_books), key, change.now_ms)
    change.audit("close_books", in_books, after={"kind": kind, "period": span.name})
    return done


def day_due(tx: Connection, in_books: str, now_ms: int, wait_ms: int) -> str | None:
    """Return the newest day that is over, holds what no day has closed, and was waited for: every controller of the
    books was heard after it, or its end is `wait_ms` ago. `None` where there is none.

    The closings of days themselves are left to the next day with anything else, so that a quiet place writes nothing.
    """
    last = next(iter(books_closings(tx, in_books, "day", 1)), None)
    today = period("day", day_of(now_ms)).from_at
    entry = ledger_entry.c
    newest = tx.execute(
        select(func.max(entry.booked_at)).where(
            entry.books == in_books,
            entry.seq > (0 if last is None else int(last["up_to_seq"])),
            entry.booked_at < today,
            or_(entry.kind != "closing", ~entry.key.startswith(rules.books_key("day", ""))),
        )
    ).scalar()
    if newest is None:
        return None
    span = period("day", day_of(newest))
    heard = func.coalesce(controller.c.heard_at, 0)
    theirs = select(func.min(heard)).join(site, site.c.id == controller.c.site).where(site.c.books == in_books)
    heard_at = tx.execute(theirs).scalar()
    waited = heard_at is None or heard_at >= span.to_at or now_ms >= span.to_at + wait_ms
    return span.name if waited else None


def closed_books(tx: Connection, in_books: str, kind: BooksPeriod, name: str) -> dict[str, Any] | None:
    """Return a closing's content with its entry's number and hash; `None` when that period is not closed."""
    found = _closings(tx, in_books, [rules.books_key(kind, name)])
    return found[0] if found else None


def books_closings(tx: Connection, in_books: str, kind: BooksPeriod, limit: int = 400) -> list[dict[str, Any]]:
    """Return the newest closings of one kind, newest first; 400 days are a year and a month."""
    entry = ledger_entry.c
    rows = tx.execute(
        select(entry.seq, entry.hash, entry.details)
        .where(entry.books == in_books, entry.kind == "closing", entry.key.startswith(rules.books_key(kind, "")))
        .order_by(entry.seq.desc())
        .limit(limit)
    )
    return [_content(row) for row in rows]


def _close_days(change: Change, in_books: str, span: Period) -> None:
    last = next(iter(books_closings(change.tx, in_books, "day", 1)), None)
    after = 0 if last is None else int(last["up_to_seq"])
    before = dict.fromkeys(_COUNTED, 0) if last is None else last["perpetual"]
    for day in days_of(Period(span.name, _begin(change.tx, in_books, after, span), span.to_at)):
        up_to = _booked_before(change.tx, in_books, after, day.to_at)
        if up_to <= after:
            continue
        totals = _totals(change.tx, in_books, after, up_to)
        before = {name: before[name] + totals[name] for name in _COUNTED}
        cut = {"after_seq": after, "up_to_seq": up_to}
        _post(change, in_books, "day", day, {**cut, "totals": totals, "perpetual": before})
        after = up_to


def _begin(tx: Connection, in_books: str, after: int, span: Period) -> int:
    """Return the begin of the first day with an entry that none has closed, or of the period if that is earlier."""
    entry = ledger_entry.c
    first = select(entry.booked_at).where(entry.books == in_books, entry.seq == after + 1)
    booked_at = tx.execute(first).scalar()
    if booked_at is None or booked_at >= span.from_at:
        return span.from_at
    return period("day", day_of(booked_at)).from_at


def _booked_before(tx: Connection, in_books: str, after: int, to_at: int) -> int:
    entry = ledger_entry.c
    later = select(func.min(entry.seq)).where(entry.books == in_books, entry.seq > after, entry.booked_at >= to_at)
    first_later = tx.execute(later).scalar()
    return chain_end(tx, BooksId(in_books)).seq if first_later is None else int(first_later) - 1


def _totals(tx: Connection, in_books: str, after: int, up_to: int) -> dict[str, Any]:
    """Return what the entries (after, up_to] moved, by account, members' together; sales are what uses cost."""
    entry, leg = ledger_entry.c, ledger_posting.c
    of_use = or_(entry.kind == "session", and_(entry.kind == "reversal", entry.machine.is_not(None)))
    rows = tx.execute(
        select(leg.account, func.sum(leg.amount), func.sum(case((of_use, leg.amount), else_=0)))
        .join(ledger_entry, and_(leg.books == entry.books, leg.seq == entry.seq))
        .where(entry.books == in_books, entry.seq > after, entry.seq <= up_to)
        .group_by(leg.account)
    )
    moved: Counter[str] = Counter()
    sales_cents = 0
    for account, cents, of_uses in rows:
        of_member = account.startswith((PREPAID_PREFIX, RECEIVABLE_PREFIX))
        moved[account.partition(":")[0] if of_member else account] += int(cents)
        sales_cents += int(of_uses) if of_member else 0
    return {
        "entries": up_to - after,
        "sales_cents": sales_cents,
        "by_account": {account: cents for account, cents in sorted(moved.items()) if cents},
    }


def _add_up(change: Change, in_books: str, kind: BooksPeriod, name: str, of: BooksPeriod) -> None:
    """Close a period as the sum of its closed parts; nothing when there are none, or when it is closed."""
    if closed_books(change.tx, in_books, kind, name) is not None:
        return
    entry = ledger_entry.c
    rows = change.tx.execute(
        select(entry.seq, entry.hash, entry.details)
        .where(entry.books == in_books, entry.kind == "closing", entry.key.startswith(rules.books_key(of, f"{name}-")))
        .order_by(entry.seq)
    )
    parts = [_content(row) for row in rows]
    if not parts:
        return
    by_account: Counter[str] = Counter()
    for part in parts:
        by_account.update(part["totals"]["by_account"])
    totals = {
        **{counted: sum(part["totals"][counted] for part in parts) for counted in _COUNTED},
        "by_account": {account: cents for account, cents in sorted(by_account.items()) if cents},
    }
    cut = {"after_seq": parts[0]["after_seq"], "up_to_seq": parts[-1]["up_to_seq"]}
    content = {**cut, "totals": totals, "perpetual": parts[-1]["perpetual"]}
    _post(change, in_books, kind, period(kind, name), content)


def _post(change: Change, in_books: str, kind: BooksPeriod, span: Period, content: dict[str, Any]) -> None:
    said = {"format": FORMAT, "kind": kind, "period": span.name, **content}
    request = rules.Closing(
        key=rules.books_key(kind, span.name), event_at=span.to_at - 1, content=canonical(said).decode()
    )
    done = post(change.tx, BooksId(in_books), [request], booked_at=change.now_ms)[0]
    if done.outcome != "posted" or done.seq is None:
        raise ProgrammerError(Message("la clôture n'est pas inscrite", "the closing was not posted"))
    if kind == "day":
        write_letters(change, in_books, span.name, done.seq, chain_end(change.tx, BooksId(in_books)).hash)


def _closings(tx: Connection, in_books: str, keys: Iterable[str]) -> list[dict[str, Any]]:
    entry = ledger_entry.c
    rows = tx.execute(
        select(entry.seq, entry.hash, entry.details).where(entry.books == in_books, entry.key.in_(list(keys)))
    )
    return [_content(row) for row in rows]


def _content(row: Row[Any, Any, Any]) -> dict[str, Any]:
    return {**json.loads(row.details), "entry": row.seq, "hash": row.hash}
