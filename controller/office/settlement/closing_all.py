"""Closing the same month of all agreements that are due, as treasurers do after a month's end.

House rules: each agreement is closed by `closing.close` in a transaction of its own, so one that has to wait keeps none
of the others and the office works between two. What the check-list adds up from zero is added up once for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.office.directory.agreements import agreements_of
from controller.office.ledger.caches import Recount
from controller.office.refusals import ConflictError, InvalidError
from controller.office.settlement.closing import Closed, close, last_closing
from controller.office.settlement.periods import following, period

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Connection

    from controller.errors import Language
    from controller.office.store import Change


@dataclass(frozen=True, slots=True)
class ClosingOfOne:
    """What became of one agreement: its closing, or in words why it has to wait."""

    agreement: str
    closed: Closed | None
    waits: InvalidError | ConflictError | None = None

    def to_data(self, lang: Language) -> dict[str, str | int | None]:
        """Return it as data: its entry and hash, or under `waits` the sentence."""
        return {
            "agreement": self.agreement,
            "entry": None if self.closed is None else self.closed.entry,
            "hash": None if self.closed is None else self.closed.hash,
            "waits": None if self.waits is None else self.waits.sentence(lang),
        }


def due(tx: Connection, month: str, in_books: str | None = None) -> list[str]:
    """Return the agreements, of some books or all, that `month` is the next to close of, or that have closed it: those
    that began before its end and had not ended before it began.
    """
    span, found = period("month", month), []
    for each in agreements_of(tx, in_books):
        ended_at = each.versions[-1].to_at
        if each.versions[0].from_at >= span.to_at or (ended_at is not None and ended_at <= span.from_at):
            continue
        last = last_closing(tx, each.agreement)
        if last is None or last.period == month or following(last.period) <= month:
            found.append(each.agreement)
    return found


def close_all(
    changing: Callable[[], AbstractContextManager[Change]],
    month: str,
    *,
    in_books: str | None = None,
    waive: Mapping[str, str] | None = None,
    key: Ed25519PrivateKey | None = None,
) -> Iterator[ClosingOfOne]:
    """Close a month of every agreement that is due, one transaction each, and yield what became of it; `waive` holds
    for each of them. Who stops asking leaves the rest as they are. Raises `InvalidError` for a month that is none.
    """
    recount = Recount()
    with changing() as change:
        names = due(change.tx, month, in_books)
    for name in names:
        try:
            with changing() as change:
                closed = close(change, name, month, waive=waive, key=key, recount=recount)
        except (ConflictError, InvalidError) as waits:
            yield ClosingOfOne(name, None, waits)
        else:
            yield ClosingOfOne(name, closed)
