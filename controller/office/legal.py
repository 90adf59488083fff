"""Dated settings: what a law or an accountant may decide otherwise, each with its value from a day on.

House rules: a shipped value holds until somebody says another one; nothing here is advice. What was decided stays, so
that an old day is judged as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import delete, insert, select

from controller.domain.ledger import AMOUNT_LIMIT_CENTS
from controller.errors import Message
from controller.office.legal_tables import legal_setting
from controller.office.refusals import InvalidError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.store import Change

LegalName = Literal["credit_sold_limit_cents", "credit_sold_notice_percent", "expired_credit_vat"]


@dataclass(frozen=True, slots=True)
class _Setting:
    shipped: int
    most: int


SETTINGS: dict[LegalName, _Setting] = {
    # What a limited network may sell in twelve months before it is declared to the ACPR (CMF L 521-3): one million.
    "credit_sold_limit_cents": _Setting(100_000_000, 100 * AMOUNT_LIMIT_CENTS),
    # The part of that limit at which the treasurer is told.
    "credit_sold_notice_percent": _Setting(80, 100),
    # Whether VAT falls due on paid multi-purpose credit that expires: 1 where the terms of sale make it due.
    "expired_credit_vat": _Setting(0, 1),
}


def value(tx: Connection, in_books: str, name: LegalName, day: str) -> int:
    """Return the value that holds on a day (`2026-10-31`)."""
    row = legal_setting.c
    query = (
        select(row.value)
        .where(row.books == in_books, row.name == name, row.from_day <= day)
        .order_by(row.from_day.desc())
        .limit(1)
    )
    found = tx.execute(query).scalar()
    return SETTINGS[name].shipped if found is None else int(found)


def put(change: Change, in_books: str, name: LegalName, from_day: str, new: int) -> None:
    """Say what holds from a day on; raise `InvalidError` for a value or a day that is none."""
    most = SETTINGS[name].most
    try:
        day = date.fromisoformat(from_day).isoformat()
    except ValueError as error:
        raise InvalidError(
            Message(f"« {from_day[:20]} » n'est pas un jour", f"'{from_day[:20]}' is no day"),
            cure=Message("écrivez-le comme 2026-10-31", "write it like 2026-10-31"),
        ) from error
    if not 0 <= new <= most:
        raise InvalidError(Message(f"{name} : de 0 à {most}", f"{name}: 0 to {most}"))
    row = legal_setting.c
    place = (row.books == in_books) & (row.name == name) & (row.from_day == day)
    before = value(change.tx, in_books, name, day)
    change.tx.execute(delete(legal_setting).where(place))
    change.tx.execute(
        insert(legal_setting).values(
            books=in_books, name=name, from_day=day, value=new, set_by=change.actor, set_at=change.now_ms
        )
    )
    change.audit("set_legal", f"{in_books}/{name}", before=before, after={"from_day": day, "value": new})


def said(tx: Connection, in_books: str) -> list[dict[str, Any]]:
    """Return what was said otherwise, by name and day."""
    row = legal_setting.c
    query = select(row.name, row.from_day, row.value).where(row.books == in_books).order_by(row.name, row.from_day)
    return [dict(each) for each in tx.execute(query).mappings()]
