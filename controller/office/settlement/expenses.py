"""What was paid for goods held together, and what co-owners dispute: both are dated, and both stand until a closing.

House rules: an expense that a closing took is never changed, a correction is another expense or a dispute; one that
none took may be cancelled, and stays on record.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from controller.domain.canonical import canonical
from controller.domain.deductions import Expense
from controller.domain.ledger import AMOUNT_LIMIT_CENTS
from controller.domain.waterfall import ExpenseRefusedError, Wheels, settle
from controller.errors import Message
from controller.office.directory.agreements import agreement_by_id
from controller.office.directory.words import checked_name, checked_note
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.settlement.periods import period
from controller.office.settlement.tables import agreement_expense, owner_dispute
from controller.office.store import new_id

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from controller.domain.agreement import Agreement
    from controller.office.store import Change

EXPENSES_MAX = 1_000
"""Expenses of an agreement between two closings: far more vouchers than a workshop has; further ones are refused."""


def record_expense(change: Change, agreement: str, said: dict[str, Any], note: str = "") -> str:
    """Write down what was paid for the goods and return its id; `said` are the fields of `Expense` but the id.

    Raises `InvalidError` when the version in force then agreed on no expenses, or on none that can be borne like this.
    """
    found = agreement_by_id(change.tx, agreement)
    if len(_open_rows(change.tx, agreement)) >= EXPENSES_MAX:
        raise ConflictError(Message("trop de dépenses en attente", "too many expenses wait"))
    key = new_id("x")
    try:
        expense = Expense(expense=key, **{**said, "voucher": checked_name(said["voucher"])})
        if expense.cents > AMOUNT_LIMIT_CENTS:
            raise ValueError(f"{expense.cents} cents are more than {AMOUNT_LIMIT_CENTS}")  # noqa: TRY301 - one refusal
        version = found.version_at(expense.spent_at)
        if version is None:
            raise ValueError(f"no version of {agreement} holds at {expense.spent_at}")  # noqa: TRY301 - one refusal
        settle(version, Wheels(), 0, [expense])
    except (ValueError, ExpenseRefusedError) as error:
        raise InvalidError(
            Message(f"cette dépense ne peut pas être retenue ({error})", f"this expense cannot be taken ({error})"),
            cure=Message("voyez ce que dit la convention", "see what the agreement says"),
        ) from error
    parties = {line.party for line in version.lines}
    unknown = ({expense.advanced_by} - {None}) - parties
    if unknown:
        raise no_such("le co-indivisaire", "co-owner", str(unknown.pop()))
    change.tx.execute(
        insert(agreement_expense).values(
            id=key,
            agreement=agreement,
            body=canonical(expense.to_data()).decode(),
            note=checked_note(note),
            spent_at=expense.spent_at,
            made_by=change.actor,
            made_at=change.now_ms,
        )
    )
    change.audit("record_expense", agreement, after=expense.to_data())
    return key


def cancel_expense(change: Change, key: str) -> None:
    """Take an expense back that no closing has taken; raise `ConflictError` when one has."""
    expense = agreement_expense.c
    row = change.tx.execute(select(agreement_expense).where(expense.id == key, expense.cancelled_at.is_(None))).first()
    if row is None:
        raise no_such("la dépense", "expense", key)
    if row.closing is not None:
        raise ConflictError(
            Message(f"la clôture de {row.closing} a retenu cette dépense", f"the closing of {row.closing} took it"),
            cure=Message("inscrivez la correction au mois suivant", "write the correction down in the next month"),
        )
    change.tx.execute(update(agreement_expense).where(expense.id == key).values(cancelled_at=change.now_ms))
    change.audit("cancel_expense", key, before=json.loads(row.body))


def open_expenses(tx: Connection, agreement: str, before_at: int) -> list[Expense]:
    """Return the expenses up to an instant that no closing has taken yet, oldest first."""
    return [expense_from(row) for row in _open_rows(tx, agreement) if row.spent_at < before_at]


def expense_views(tx: Connection, agreement: str) -> list[dict[str, Any]]:
    """Return an agreement's expenses as they are listed, newest first, at most `EXPENSES_MAX`."""
    rows = tx.execute(
        select(agreement_expense)
        .where(agreement_expense.c.agreement == agreement)
        .order_by(agreement_expense.c.spent_at.desc(), agreement_expense.c.id)
        .limit(EXPENSES_MAX)
    )
    return [
        {**json.loads(row.body), "note": row.note, "closing": row.closing, "cancelled_at": row.cancelled_at}
        for row in rows
    ]


def take(change: Change, keys: list[str], closing: str) -> None:
    """Note that a closing took these expenses."""
    for key in keys:
        change.tx.execute(update(agreement_expense).where(agreement_expense.c.id == key).values(closing=closing))


def expense_from(row: Row[Any]) -> Expense:
    """Rebuild an expense from its row."""
    return Expense(**json.loads(row.body))


def dispute(change: Change, agreement: str, month: str, party: str, claim: str) -> str:
    """Write down what a co-owner says is wrong with a month, and return its id."""
    found = agreement_by_id(change.tx, agreement)
    if party not in parties_of(found):
        raise no_such("le co-indivisaire", "co-owner", party)
    key = new_id("d")
    said = {"period": period("month", month).name, "party": party, "claim": checked_note(claim)}
    if not said["claim"]:
        raise InvalidError(Message("il manque ce qui est contesté", "what is disputed is missing"))
    change.tx.execute(
        insert(owner_dispute).values(id=key, agreement=agreement, made_by=change.actor, made_at=change.now_ms, **said)
    )
    change.audit("dispute", agreement, after={**said})
    return key


def settle_dispute(change: Change, key: str, answer: str) -> None:
    """Answer a dispute, once; raise `NotFoundError` when none of that id is open."""
    open_one = (owner_dispute.c.id == key) & owner_dispute.c.settled_at.is_(None)
    said = {"answer": checked_note(answer), "settled_by": change.actor, "settled_at": change.now_ms}
    if not said["answer"]:
        raise InvalidError(Message("il manque la réponse", "the answer is missing"))
    if not change.tx.execute(update(owner_dispute).where(open_one).values(said)).rowcount:
        raise no_such("la contestation ouverte", "open dispute", key)
    change.audit("settle_dispute", key, after=answer)


def dispute_views(tx: Connection, agreement: str, *, only_open: bool = False) -> list[dict[str, Any]]:
    """Return an agreement's disputes, oldest first: id, period, party, claim, made_at, answer, settled_at."""
    column = owner_dispute.c
    query = select(
        column.id, column.period, column.party, column.claim, column.made_at, column.answer, column.settled_at
    ).where(column.agreement == agreement)
    if only_open:
        query = query.where(column.settled_at.is_(None))
    return [dict(row) for row in tx.execute(query.order_by(column.made_at, column.id)).mappings()]


def parties_of(agreement: Agreement) -> list[str]:
    """Return whoever has or had a line in an agreement, in written order."""
    return list(dict.fromkeys(line.party for version in agreement.versions for line in version.lines))


def _open_rows(tx: Connection, agreement: str) -> list[Row[Any]]:
    expense = agreement_expense.c
    place = (expense.agreement == agreement) & expense.closing.is_(None) & expense.cancelled_at.is_(None)
    return list(tx.execute(select(agreement_expense).where(place).order_by(expense.spent_at, expense.id)).all())
