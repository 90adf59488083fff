"""Organisations' accounts and the purchase orders under whose ceiling they pay for their classes.

House rules: what was spent of an order is what the ledger posted of group uses since its date, whether it was paid
since or not. A person hears of it at 80 % and when it is used up; what that means for a lesson is the floor's rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, select, update

from controller.domain.ledger import AMOUNT_LIMIT_CENTS
from controller.domain.sessions import SessionKind
from controller.errors import Message
from controller.office.directory.balances import balances_of
from controller.office.directory.group_tables import purchase_order
from controller.office.directory.tables import account
from controller.office.directory.words import checked_name
from controller.office.journal_tables import session
from controller.office.refusals import InvalidError, no_such
from controller.office.store import new_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from controller.office.store import Change

WARN_PERCENT = 80
USED_UP_PERCENT = 100


def set_order(change: Change, payer: str, number: str, ceiling_cents: int) -> str:
    """Put an organisation's order in force from now on and return its id."""
    kind = change.tx.execute(select(account.c.kind).where(account.c.id == payer)).scalar()
    if kind != "organisation":
        raise no_such("l'organisme", "organisation", payer)
    if not 0 < ceiling_cents <= AMOUNT_LIMIT_CENTS:
        raise InvalidError(Message("un plafond est un montant positif", "a ceiling is a positive amount"))
    fresh = new_id("po")
    row: dict[str, Any] = {"account": payer, "number": checked_name(number), "ceiling_cents": ceiling_cents}
    change.tx.execute(
        insert(purchase_order).values(id=fresh, from_at=change.now_ms, made_by=change.actor, warned_percent=0, **row)
    )
    change.audit("set_order", payer, after=row)
    return fresh


def order_of(tx: Connection, payer: str) -> dict[str, Any] | None:
    """Return the order in force, with what was spent of it, in cents; `None` where the account has none."""
    of_payer = select(purchase_order).where(purchase_order.c.account == payer)
    row = tx.execute(of_payer.order_by(purchase_order.c.from_at.desc(), purchase_order.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    used = and_(
        session.c.account == payer,
        session.c.kind == SessionKind.GROUP.value,
        session.c.state == "posted",
        session.c.ended_at >= row.from_at,
    )
    spent = tx.execute(select(func.coalesce(func.sum(session.c.gross_cents), 0)).where(used)).scalar() or 0
    return {**row._mapping, "spent_cents": int(spent)}  # noqa: SLF001 - SQLAlchemy's public name for it


def admits(tx: Connection, payer: str) -> bool:
    """Tell whether the account pays for another lesson: its order has something left, or without one, its credit."""
    order = order_of(tx, payer)
    if order is not None:
        return bool(order["spent_cents"] < order["ceiling_cents"])
    return any(each.balance_cents > each.floor_cents for each in balances_of(tx, [payer]))


def warn_of_orders(change: Change, payers: Iterable[str]) -> None:
    """Raise an alarm for each order that came to 80 % or to its end, once each."""
    for payer in sorted(payers):
        order = order_of(change.tx, payer)
        if order is None:
            continue
        percent = 100 * order["spent_cents"] // order["ceiling_cents"]
        reached = USED_UP_PERCENT if percent >= USED_UP_PERCENT else WARN_PERCENT if percent >= WARN_PERCENT else 0
        if reached > order["warned_percent"]:
            said = {"order": order["number"], "spent_cents": order["spent_cents"], "of_cents": order["ceiling_cents"]}
            change.alarm("order_used_up" if reached == USED_UP_PERCENT else "order_nearly_used_up", payer, said)
            mine = purchase_order.c.id == order["id"]
            change.tx.execute(update(purchase_order).where(mine).values(warned_percent=reached))


def organisations(tx: Connection) -> list[dict[str, Any]]:
    """Return every organisation's account: id, name, books, its balance in cents and its order."""
    paying = select(account).where(account.c.kind == "organisation").order_by(account.c.name)
    rows = tx.execute(paying).mappings().all()
    balances = {each.account: each.balance_cents for each in balances_of(tx, [row["id"] for row in rows])}
    return [
        {
            "id": row["id"],
            "name": row["name"],
            "books": row["books"],
            "balance_cents": balances.get(row["id"], 0),
            "order": order_of(tx, row["id"]),
        }
        for row in rows
    ]
