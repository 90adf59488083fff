"""Money as people ask for it: paying in, taking back, what an account has, what owners have earned so far.

House rules: every sum is the ledger's; nothing here adds up anything the ledger has not posted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from controller.domain.ids import AccountId, BooksId
from controller.domain.ledger import LedgerRefusedError, MeansOfPayment
from controller.domain.payout import PAYOUT_PREFIX
from controller.domain.posting import Reversal, TopUp, session_of_key
from controller.errors import Message
from controller.office.directory.agreements import agreement_by_id, agreement_place
from controller.office.directory.balances import project_balances
from controller.office.directory.tables import account, books
from controller.office.directory.words import checked_note
from controller.office.journal_tables import session
from controller.office.ledger.store import owners_parts, payer_state, post, wheel_position
from controller.office.ledger.tables import ledger_chain, ledger_entry, ledger_posting
from controller.office.lots import PLAIN, LotTerms, check_not_expired
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.store import new_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.domain.agreement import Line
    from controller.domain.payer import PayerState
    from controller.domain.posting import Request
    from controller.office.store import Change


NO_REFERENCE = "sans référence"
"""What stands in the ledger for money that came with no receipt, cheque or transfer number."""


@dataclass(frozen=True, slots=True)
class RunningSplit:
    """What one version of an agreement has earned so far (net cents) and each line's cents of it, exact to
    the cent.
    """

    agreement: str
    version: int
    from_at: int
    to_at: int | None
    income_cents: int
    sessions: int
    seconds: int
    lines: tuple[tuple[Line, int], ...]


def top_up(
    change: Change,
    payer: str,
    amount_cents: int,
    means: MeansOfPayment | None,
    reference: str,
    key: str | None = None,
    *,
    terms: LotTerms = PLAIN,
) -> str:
    """Take in money for an account, under the VAT point of its books, and return the top-up's id; `terms` make it a lot
    of credit (a gift has no means of payment).

    `key` is an id that the caller has chosen, so that a repeated request pays in once; the same id with
    another amount is a `ConflictError`. An empty reference says so in the ledger, which has none without.
    """
    row = change.tx.execute(select(account.c.books).where(account.c.id == payer)).first()
    if row is None:
        raise no_such("le compte", "account", payer)
    of_books = change.tx.execute(select(books).where(books.c.id == row.books)).one()
    request = TopUp(
        topup=key or new_id("p"),
        account=AccountId(payer),
        means=means,
        reference=checked_note(reference) or NO_REFERENCE,
        amount_cents=amount_cents,
        event_at=change.now_ms,
        vat_point=terms.vat_point or of_books.vat_point,
        rate_bp=of_books.vat_rate_bp if of_books.vat_taxable else 0,
        kind=terms.kind,
        expires_at=terms.expires_at(change.now_ms),
        apart=terms.vat_point not in (None, of_books.vat_point),
    )
    if key is not None and (known := _paid_in(change.tx, request.key)) is not None:
        if known[0] != row.books:
            raise ConflictError(Message(f"« {key} » est déjà un autre versement", f"'{key}' is another top-up already"))
        request = replace(request, event_at=known[1])
    if post_one(change, row.books, request):
        project_balances(change.tx, [payer])
        paid_by = None if means is None else means.value
        said: dict[str, Any] = {"topup": request.topup, "cents": amount_cents, "means": paid_by}
        change.audit("top_up", payer, after={**said, **terms.to_data()})
    return request.topup


def reverse(change: Change, in_books: str, target: str, reason: str) -> None:
    """Take back the whole of the entry whose key is `target` (`session:…`, `topup:…`), for a reason."""
    if target.startswith(PAYOUT_PREFIX):
        raise InvalidError(
            Message("un versement ne s'annule que s'il est rejeté", "a payout is reversed only where it was rejected"),
            cure=Message("marquez-le rejeté, sur la page des versements", "mark it rejected, on the page of payouts"),
        )
    check_not_expired(change.tx, in_books, target)
    touched = _payers(change.tx, in_books, target)
    floors = select(func.min(account.c.floor_cents)).where(account.c.id.in_(touched))
    floor_cents = change.tx.execute(floors).scalar() or 0
    if not post_one(change, in_books, Reversal(target=target, reason=reason, floor_cents=floor_cents)):
        return
    place = (session.c.id == session_of_key(target)) & (session.c.state == "posted")
    change.tx.execute(update(session).where(place).values(state="reversed"))
    project_balances(change.tx, touched)
    change.audit("reverse", target, after=reason)


def account_state(tx: Connection, payer: str) -> PayerState:
    """Return what an account has and owes now, in cents; raise `NotFoundError`."""
    in_books = tx.execute(select(account.c.books).where(account.c.id == payer)).scalar()
    if in_books is None:
        raise no_such("le compte", "account", payer)
    return payer_state(tx, BooksId(in_books), AccountId(payer))


def account_entries(tx: Connection, payer: str, limit: int = 100) -> list[dict[str, Any]]:
    """Return the newest entries that moved an account: seq, key, kind, event_at, machine, cents (positive is
    credit).
    """
    entry, leg = ledger_entry.c, ledger_posting.c
    names = [f"prepaid:{payer}", f"receivable:{payer}"]
    rows = tx.execute(
        select(entry.seq, entry.key, entry.kind, entry.event_at, entry.machine, func.sum(-leg.amount).label("cents"))
        .join(ledger_posting, (leg.books == entry.books) & (leg.seq == entry.seq))
        .where(leg.account.in_(names))
        .group_by(entry.seq, entry.key, entry.kind, entry.event_at, entry.machine)
        .order_by(entry.seq.desc())
        .limit(limit)
    )
    return [{**row, "cents": int(row["cents"])} for row in rows.mappings()]


def running_split(tx: Connection, agreement: str) -> list[RunningSplit]:
    """Return, version by version, what an agreement's machines have earned and each line's cents at this
    moment.
    """
    in_books = BooksId(agreement_place(tx, agreement)[0])
    uses = session.c
    found = []
    for version in agreement_by_id(tx, agreement).versions:
        counted = tx.execute(
            select(func.count(), func.coalesce(func.sum(uses.seconds), 0)).where(
                uses.agreement == agreement, uses.agreement_version == version.version, uses.state == "posted"
            )
        ).one()
        found.append(
            RunningSplit(
                agreement=agreement,
                version=version.version,
                from_at=version.from_at,
                to_at=version.to_at,
                income_cents=wheel_position(tx, in_books, version),
                sessions=int(counted[0]),
                seconds=int(counted[1]),
                lines=tuple(owners_parts(tx, in_books, version)),
            )
        )
    return found


def post_one(change: Change, in_books: str, request: Request) -> bool:
    """Post, and tell whether it is new; raise `InvalidError` or `ConflictError` with what the ledger says."""
    try:
        result = post(change.tx, BooksId(in_books), [request], booked_at=change.now_ms)[0]
    except LedgerRefusedError as error:  # no ledger under this name
        raise no_such("la structure", "books", in_books) from error
    if result.outcome == "refused":
        said = Message(f"le grand livre refuse : {result.reason}", f"the ledger refuses: {result.reason}")
        raise ConflictError(said) if result.seq is not None else InvalidError(said)
    return result.outcome == "posted"


def _paid_in(tx: Connection, key: str) -> tuple[str, int] | None:
    """Return where and when a top-up is posted already: a repetition is the same event, not a later one."""
    entry = ledger_entry.c
    everywhere = entry.books.in_(select(ledger_chain.c.books))  # so that the index on (books, key) serves
    row = tx.execute(select(entry.books, entry.event_at).where(everywhere, entry.key == key)).first()
    return None if row is None else (row.books, row.event_at)


def _payers(tx: Connection, in_books: str, target: str) -> list[str]:
    entry, leg = ledger_entry.c, ledger_posting.c
    names = tx.execute(
        select(leg.account)
        .join(ledger_entry, (leg.books == entry.books) & (leg.seq == entry.seq))
        .where(entry.books == in_books, entry.key == target)
    ).scalars()
    return sorted({name.partition(":")[2] for name in names if name.startswith(("prepaid:", "receivable:"))})
