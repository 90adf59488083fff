"""Paying co-owners what closings gave them: who is to be paid, runs with the bank's file, and what became of each.

House rules: what is due is the ledger's balance, which only closings raise; a payout is an entry when it is sent, and a
reversal when the bank sends it back. What is held, small or without an account waits and stays due.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from controller.domain.ids import BooksId
from controller.domain.ledger import MeansOfPayment
from controller.domain.payout import Payout
from controller.domain.posting import Reversal
from controller.errors import Message
from controller.office.directory.agreements import agreement_by_id, agreement_place
from controller.office.directory.words import checked_note
from controller.office.ledger.store import post
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.settlement.bank_reading import words_of
from controller.office.settlement.banking import bank_accounts, of_books, of_party
from controller.office.settlement.dues import PAYABLE, Due, dues
from controller.office.settlement.expenses import parties_of
from controller.office.settlement.payout_tables import payout, payout_hold, payout_run
from controller.office.settlement.periods import day_of
from controller.office.settlement.sepa import Transfer, credit_transfer, reference_of
from controller.office.store import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from controller.domain.posting import Request
    from controller.office.store import Change
    from controller.office.vault import Vault

SENT, PAID, REJECTED = "sent", "paid", "rejected"
PAYOUTS_SHOWN_MAX = 500
"""Payouts in one answer: years of an agreement's months; older ones stand in the ledger and in the statements."""

SENT_BACK = "renvoyé par la banque"
"""The reason in the ledger where the bank gave none."""


def hold(change: Change, agreement: str, party: str, reason: str) -> None:
    """Pay a co-owner nothing for now, for a reason; what is due stays due."""
    _check_party(change.tx, agreement, party)
    said = checked_note(reason)
    if not said:
        raise InvalidError(Message("il manque la raison", "the reason is missing"))
    release(change, agreement, party)
    change.tx.execute(
        insert(payout_hold).values(
            agreement=agreement, party=party, reason=said, made_by=change.actor, made_at=change.now_ms
        )
    )
    change.audit("hold_payouts", agreement, after={"party": party, "reason": said})


def release(change: Change, agreement: str, party: str) -> None:
    """Pay a co-owner again; nothing happens when nothing was held."""
    place = (payout_hold.c.agreement == agreement) & (payout_hold.c.party == party)
    if change.tx.execute(payout_hold.delete().where(place)).rowcount:
        change.audit("release_payouts", agreement, after={"party": party})


def pay(
    change: Change, vault: Vault, agreement: str, parties: Sequence[str] | None = None, day: str | None = None
) -> str:
    """Send everything payable, or what is payable to `parties`, and return the run's id; its file is `run_file`.

    `day` (ISO) is when the bank is to execute it, today where none is given. Raises `ConflictError` when somebody
    named cannot be paid or nobody can.
    """
    in_books, name = agreement_place(change.tx, agreement)
    chosen = _payable(dues(change.tx, vault, agreement, change.now_ms), parties)
    debtor = bank_accounts(change.tx, vault, [of_books(in_books)]).get(of_books(in_books))
    if debtor is None:
        raise InvalidError(
            Message("le compte bancaire de la structure manque", "the organisation's own bank account is missing"),
            cure=Message("inscrivez-le d'abord", "write it down first"),
        )
    wanted, run = _day(day, change.now_ms), new_id("pr")
    sent = [
        Payout(
            payout=new_id("po"),
            agreement=agreement,
            party=each.party,
            cents=each.cents,
            event_at=change.now_ms,
        )
        for each in chosen
    ]
    accounts = bank_accounts(change.tx, vault, [of_party(each.party) for each in chosen])
    transfers = [
        Transfer(reference_of(made.payout), accounts[of_party(each.party)], each.cents, f"{name} {each.period}")
        for made, each in zip(sent, chosen, strict=True)
    ]
    file = credit_transfer(run, debtor, transfers, wanted, change.now_ms)
    change.tx.execute(
        insert(payout_run).values(
            id=run,
            agreement=agreement,
            day=wanted,
            sealed_file=vault.seal(run, file),
            made_by=change.actor,
            made_at=change.now_ms,
        )
    )
    _post(change, in_books, sent)
    for made in sent:
        _store(change, made, run=run)
    change.audit("pay", agreement, after={"run": run, "payouts": [made.payout for made in sent]})
    return run


def pay_by_hand(
    change: Change, vault: Vault, agreement: str, party: str, cents: int, means: MeansOfPayment, reference: str
) -> str:
    """Write down what a co-owner was paid otherwise (cash, cheque, a transfer made elsewhere); return its id."""
    _check_party(change.tx, agreement, party)
    note = checked_note(reference)
    if not note:
        raise InvalidError(Message("il manque la référence du paiement", "the payment's reference is missing"))
    due = next(each for each in dues(change.tx, vault, agreement, change.now_ms) if each.party == party)
    if due.held:
        raise ConflictError(Message(f"retenu : {due.held}", f"held: {due.held}"))
    if cents > due.cents:
        raise ConflictError(
            Message("c'est plus que ce qui est dû", "this is more than what is due"),
            why=Message(f"{max(0, due.cents)} centimes sont dus", f"{max(0, due.cents)} cents are due"),
        )
    made = Payout(
        payout=new_id("po"), agreement=agreement, party=party, cents=cents, event_at=change.now_ms, means=means
    )
    _post(change, agreement_place(change.tx, agreement)[0], [made])
    _store(change, made, note=note)
    change.audit("pay_by_hand", agreement, after={"payout": made.payout, "cents": cents, "means": means.value})
    return made.payout


def mark_paid(change: Change, key: str, reference: str = "") -> bool:
    """Note that the bank has paid what was sent, and tell whether that is new; `ConflictError` for a rejected one."""
    row = _row(change.tx, key)
    if row.state == REJECTED:
        raise ConflictError(Message("ce versement a été rejeté", "this payout was rejected"))
    if row.state == PAID:
        return False
    _settle(change, key, PAID, checked_note(reference))
    return True


def reject(change: Change, key: str, reason: str) -> bool:
    """Note that the bank refused a payout or sent it back: its entry is reversed and the money due again. Tell whether
    that is new.
    """
    row = _row(change.tx, key)
    if row.state == REJECTED:
        return False
    said = checked_note(reason) or SENT_BACK
    in_books = agreement_place(change.tx, row.agreement)[0]
    _post(change, in_books, [Reversal(target=f"payout:{key}", reason=said)])
    _settle(change, key, REJECTED, said)
    return True


def read_bank(change: Change, file: bytes) -> dict[str, list[str]]:
    """Mark what a file of the bank says of our payouts; return their ids by what became of them.

    `differing` are of another amount than was sent, and left alone.
    """
    found: dict[str, list[str]] = {"paid": [], "rejected": [], "differing": []}
    for word in words_of(file):
        column = payout.c.run if word.run else payout.c.id
        place = column == word.reference.replace("-", "_")
        for row in change.tx.execute(select(payout).where(place).order_by(payout.c.id)).all():
            if word.cents is not None and word.cents != row.cents:
                found["differing"].append(row.id)
            elif word.outcome == REJECTED:
                if reject(change, row.id, word.reason):
                    found[REJECTED].append(row.id)
            elif row.state == SENT and mark_paid(change, row.id):
                found[PAID].append(row.id)
    return found


def run_file(tx: Connection, vault: Vault, run: str) -> bytes:
    """Return a run's file for the bank, the bytes it was made with; raise `NotFoundError`."""
    sealed = tx.execute(select(payout_run.c.sealed_file).where(payout_run.c.id == run)).scalar()
    if sealed is None:
        raise no_such("le lot de versements", "payout run", run)
    return vault.unseal(run, sealed)


def payout_views(tx: Connection, agreement: str, party: str | None = None) -> list[dict[str, Any]]:
    """Return payouts, newest first: id, run, party, cents, means, state, note, made_at, settled_at."""
    column = payout.c
    query = select(
        *(column.id, column.run, column.party, column.cents, column.means),
        *(column.state, column.note, column.made_at, column.settled_at),
    ).where(column.agreement == agreement)
    if party is not None:
        query = query.where(column.party == party)
    newest_first = query.order_by(column.made_at.desc(), column.id).limit(PAYOUTS_SHOWN_MAX)
    return [dict(row) for row in tx.execute(newest_first).mappings()]


def agreement_of_payout(tx: Connection, key: str) -> str:
    """Return which agreement a payout belongs to; raise `NotFoundError`."""
    found: str = _row(tx, key).agreement
    return found


def _payable(known: Sequence[Due], parties: Sequence[str] | None) -> list[Due]:
    waiting = [each for each in known if each.state == PAYABLE]
    if parties is not None:
        refused = sorted(set(parties) - {each.party for each in waiting})
        if refused:
            raise ConflictError(
                Message(f"rien n'est payable à {', '.join(refused)}", f"nothing is payable to {', '.join(refused)}")
            )
        waiting = [each for each in waiting if each.party in parties]
    if not waiting:
        raise ConflictError(
            Message("il n'y a rien à verser", "there is nothing to pay out"),
            why=Message("rien n'est dû, ou tout est retenu", "nothing is due, or all is held back"),
        )
    return waiting


def _post(change: Change, in_books: str, requests: Sequence[Request]) -> None:
    for done in post(change.tx, BooksId(in_books), requests, booked_at=change.now_ms):
        if done.outcome == "refused":
            raise InvalidError(Message(f"le grand livre refuse : {done.reason}", f"the ledger refuses: {done.reason}"))


def _store(change: Change, made: Payout, *, run: str | None = None, note: str = "") -> None:
    """Keep a payout beside its entry: sent in a run, paid already where it was made by hand."""
    by_hand = run is None
    change.tx.execute(
        insert(payout).values(
            id=made.payout,
            agreement=made.agreement,
            run=run,
            party=made.party,
            cents=made.cents,
            means=made.means.value,
            state=PAID if by_hand else SENT,
            note=note,
            made_by=change.actor,
            made_at=change.now_ms,
            settled_by=change.actor if by_hand else None,
            settled_at=change.now_ms if by_hand else None,
        )
    )


def _settle(change: Change, key: str, state: str, note: str) -> None:
    said = {"state": state, "note": note, "settled_by": change.actor, "settled_at": change.now_ms}
    change.tx.execute(update(payout).where(payout.c.id == key).values(said))
    change.audit("settle_payout", key, after={"state": state})


def _row(tx: Connection, key: str) -> Row[Any]:
    row = tx.execute(select(payout).where(payout.c.id == key)).first()
    if row is None:
        raise no_such("le versement", "payout", key)
    return row


def _check_party(tx: Connection, agreement: str, party: str) -> None:
    if party not in parties_of(agreement_by_id(tx, agreement)):
        raise no_such("le co-indivisaire", "co-owner", party)


def _day(asked: str | None, now_ms: int) -> str:
    today = day_of(now_ms)
    if asked is None:
        return today
    try:
        wanted = date.fromisoformat(asked).isoformat()
    except ValueError as error:
        raise InvalidError(Message(f"« {asked[:20]} » n'est pas un jour", f"'{asked[:20]}' is no day")) from error
    if wanted < today:
        raise InvalidError(Message("ce jour est passé", "this day is past"))
    return wanted
