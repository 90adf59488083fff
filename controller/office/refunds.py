"""Money handed back for credit: what a member paid and has not used, and nothing else.

House rules: what was given or granted is not handed back, what is owed is settled first, and no credit goes from one
account to another: credit that could be cashed or passed on would be a means of payment (CMF L 521-3), which a workshop
may not issue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from controller.domain.ids import AccountId
from controller.domain.lot_expiry import CreditRefund
from controller.errors import Message
from controller.office.directory.balances import project_balances
from controller.office.directory.tables import account, books
from controller.office.directory.words import checked_note
from controller.office.ledger.tables import ledger_entry
from controller.office.lots import refundable
from controller.office.money import post_one
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.store import new_id

if TYPE_CHECKING:
    from controller.domain.ledger import MeansOfPayment
    from controller.office.store import Change


def refund(
    change: Change, payer: str, amount_cents: int, means: MeansOfPayment, reason: str, key: str | None = None
) -> str:
    """Note money that was handed back for unused paid credit, and return the refund's id.

    `key` is an id that the caller has chosen, so that a repeated request pays back once. Raises `ConflictError` beyond
    what may be handed back, and says how much that is.
    """
    tx = change.tx
    row = tx.execute(select(account.c.books).where(account.c.id == payer)).first()
    if row is None:
        raise no_such("le compte", "account", payer)
    said = checked_note(reason)
    if not said:
        raise InvalidError(
            Message("un remboursement se justifie", "a refund has a reason"),
            cure=Message("écrivez pourquoi", "write why"),
        )
    name, entry = key or new_id("rf"), ledger_entry.c
    known = tx.execute(select(entry.event_at).where(entry.books == row.books, entry.key == f"refund:{name}")).scalar()
    most = refundable(tx, payer, change.now_ms)
    if known is None and not 0 < amount_cents <= most:
        raise ConflictError(
            Message(
                f"{_euros(amount_cents)} ne peuvent pas être rendus : {_euros(most)} au plus",
                f"{_euros(amount_cents)} cannot be handed back: {_euros(most)} at most",
            ),
            why=Message(
                "seul le crédit payé et non utilisé se rembourse, jamais un cadeau ni une subvention, dettes déduites",
                "only paid and unused credit is refunded, never a gift or a grant, and less what is owed",
            ),
        )
    terms = tx.execute(select(books).where(books.c.id == row.books)).one()
    request = CreditRefund(
        refund=name,
        account=AccountId(payer),
        means=means,
        amount_cents=amount_cents,
        reason=said,
        event_at=change.now_ms if known is None else known,
        vat_point=terms.vat_point,
        rate_bp=terms.vat_rate_bp if terms.vat_taxable else 0,
    )
    if post_one(change, row.books, request):
        project_balances(tx, [payer])
        change.audit("refund", payer, after={"refund": name, "cents": amount_cents, "means": means.value})
    return name


def _euros(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02} €"
