"""Issuing an organisation's invoice: everything posted to its account that no invoice has taken so far.

House rules: number, body and the entries taken are written in one transaction with an entry of the ledger that holds
the body's hash, so numbers have no gap and an invoice cannot be changed unseen. Receipts are added up, never rounded
anew; uses that gifts paid are nobody's to invoice.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, or_, select

from controller.domain.canonical import canonical, sha256_hex
from controller.domain.closing import Closing
from controller.domain.ids import AccountId, BooksId
from controller.domain.invoice import Billed, invoice_lines, kind_of, rate_sums
from controller.domain.ledger import GIFTS, prepaid, receivable
from controller.errors import Message
from controller.office.directory.orders import order_of
from controller.office.directory.tables import account, machine
from controller.office.invoicing.tables import invoice, invoice_entry
from controller.office.invoicing.words import check_complete, words_on
from controller.office.ledger.store import payer_state
from controller.office.ledger.tables import ledger_entry, ledger_posting
from controller.office.money import post_one
from controller.office.refusals import InvalidError, no_such
from controller.office.settlement.periods import day_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from controller.office.store import Change

FORMAT = "indivis-invoice-1"
ENTRIES_MAX = 20_000
"""Uses on one invoice: years of a school. What is beyond them goes on the next one, asked for right after."""

KEY_PREFIX = "invoice:"


def prepared(tx: Connection, payer: str, now_ms: int) -> dict[str, Any]:
    """Return what an invoice issued now would say, without a number."""
    return _prepared(tx, payer, now_ms)[0]


def issue(change: Change, payer: str) -> dict[str, Any]:
    """Issue the invoice, or the credit note when less than nothing is left, and return its body.

    Raises `InvalidError` when nothing waits, or when a word that the law wants is missing.
    """
    body, taken = _prepared(change.tx, payer, change.now_ms)
    if not body["lines"]:
        raise InvalidError(Message("rien n'attend d'être facturé", "nothing waits to be invoiced"))
    check_complete(body["seller"], Message("pour qui facture", "of who invoices"), "siret")
    check_complete(body["buyer"], Message("pour l'organisme", "of the organisation"))
    in_books, seller = body["books"], body["seller"]
    series = seller["credit_series" if body["kind"] == "credit_note" else "series"]
    key = f"{KEY_PREFIX}{series}:"
    last = select(func.max(invoice.c.number)).where(invoice.c.books == in_books, invoice.c.series == series)
    number = (change.tx.execute(last).scalar() or 0) + 1
    body |= {"series": series, "number": number, "name": f"{series}-{number:06}"}
    said = canonical(body).decode()
    digest = sha256_hex(said.encode())
    content = canonical({"invoice": body["name"], "body_sha256": digest}).decode()
    post_one(change, in_books, Closing(key=f"{key}{number}", event_at=change.now_ms, content=content))
    entry = select(ledger_entry.c.seq).where(ledger_entry.c.books == in_books, ledger_entry.c.key == f"{key}{number}")
    change.tx.execute(
        insert(invoice).values(
            books=in_books,
            series=series,
            number=number,
            account=payer,
            entry=change.tx.execute(entry).scalar_one(),
            sha256=digest,
            body=said,
            issued_by=change.actor,
            issued_at=change.now_ms,
        )
    )
    place = {"books": in_books, "series": series, "number": number}
    change.tx.execute(insert(invoice_entry), [{**place, "seq": seq} for seq in taken])
    change.audit("issue_invoice", payer, after={"invoice": body["name"], "gross_cents": body["gross_cents"]})
    return body


def invoice_by_name(tx: Connection, in_books: str, name: str) -> dict[str, Any]:
    """Return an issued invoice's body; raise `NotFoundError`."""
    series, _, number = name.rpartition("-")
    place = and_(invoice.c.books == in_books, invoice.c.series == series)
    if not number.isdecimal() or len(number) > 9:  # noqa: PLR2004 - more digits than an integer of the database has
        raise no_such("la facture", "invoice", name[:30])
    row = tx.execute(select(invoice.c.body).where(place, invoice.c.number == int(number))).scalar()
    if row is None:
        raise no_such("la facture", "invoice", name[:30])
    found: dict[str, Any] = json.loads(row)
    return found


def invoices_of(tx: Connection, payer: str) -> list[dict[str, Any]]:
    """Return an organisation's invoices, newest first: books, name, kind, day, gross cents, entry, hash."""
    row = invoice.c
    rows = tx.execute(select(invoice).where(row.account == payer).order_by(row.entry.desc()))
    return [{**_short(json.loads(each.body)), "entry": each.entry, "sha256": each.sha256} for each in rows]


def _short(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("books", "name", "kind", "day", "gross_cents")}


def _prepared(tx: Connection, payer: str, now_ms: int) -> tuple[dict[str, Any], list[int]]:
    row = tx.execute(select(account).where(account.c.id == payer, account.c.kind == "organisation")).first()
    if row is None:
        raise no_such("l'organisme", "organisation", payer)
    day = day_of(now_ms)
    seller, buyer, order = words_on(tx, row.books, day), words_on(tx, payer, day), order_of(tx, payer)
    waiting = _waiting(tx, row.books, payer)
    billed = [one for each in waiting for one in _billed(each)]
    lines = invoice_lines(billed)
    rates = rate_sums(lines)
    net, vat = sum(each.net_cents for each in rates), sum(each.vat_cents for each in rates)
    state = payer_state(tx, BooksId(row.books), AccountId(payer))
    owed = max(0, state.owed_cents - state.credit_cents)
    names = {each.id: each.name for each in tx.execute(select(machine.c.id, machine.c.name))}
    due_day = date.fromisoformat(day) + timedelta(days=int(seller["due_days"]))
    return {
        "format": FORMAT,
        "books": row.books,
        "payer": payer,
        "kind": kind_of(net + vat),
        "day": day,
        "issued_at": now_ms,
        "due_day": due_day.isoformat(),
        "seller": seller,
        "buyer": {**buyer, "name": buyer["name"] or row.name},
        "order": None if order is None else order["number"],
        "from_day": day_of(min((each.event_at for each in billed), default=now_ms)),
        "to_day": day_of(max((each.event_at for each in billed), default=now_ms)),
        "lines": [{**line.to_data(), "name": names.get(line.machine, line.machine)} for line in lines],
        "rates": [each.to_data() for each in rates],
        "net_cents": net,
        "vat_cents": vat,
        "gross_cents": net + vat,
        "due_cents": max(0, min(net + vat, owed)),
        "corrects": _corrected(tx, row.books, [each.reverses for each in waiting if each.reverses is not None]),
    }, [each.seq for each in waiting]


def _waiting(tx: Connection, in_books: str, payer: str) -> Sequence[Row[Any]]:
    """Return the uses posted to an account, and those taken back, that no invoice has taken and no gift has paid."""
    entry, leg, taken = ledger_entry.c, ledger_posting.c, invoice_entry.c
    names = [of(AccountId(payer)) for of in (prepaid, receivable)]
    theirs = select(leg.seq).where(leg.books == in_books, leg.account.in_(names))
    given = select(leg.seq).where(leg.books == in_books, leg.account == GIFTS)
    invoiced = select(taken.seq).where(taken.books == in_books)
    of_use = or_(entry.kind == "session", and_(entry.kind == "reversal", entry.machine.is_not(None)))
    query = select(ledger_entry).where(
        entry.books == in_books, of_use, entry.seq.in_(theirs), entry.seq.not_in(given), entry.seq.not_in(invoiced)
    )
    return tx.execute(query.order_by(entry.seq).limit(ENTRIES_MAX)).all()


def _billed(entry: Row[Any]) -> list[Billed]:
    said = json.loads(entry.details)
    sign = -1 if entry.kind == "reversal" else 1
    return [
        Billed(
            seq=entry.seq,
            machine=entry.machine,
            event_at=entry.event_at,
            seconds=sign * said["seconds"],
            rate_bp=rate_bp,
            net_cents=sign * net_cents,
            vat_cents=sign * vat_cents,
        )
        for rate_bp, _, net_cents, vat_cents in said["receipt"]
    ]


def _corrected(tx: Connection, in_books: str, targets: Sequence[int]) -> list[str]:
    """Return the names of earlier invoices that held what is taken back now."""
    row = invoice_entry.c
    query = select(row.series, row.number).where(row.books == in_books, row.seq.in_(targets)).distinct()
    return sorted(f"{each.series}-{each.number:06}" for each in tx.execute(query)) if targets else []
