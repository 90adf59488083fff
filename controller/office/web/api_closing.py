"""Closing: expenses and disputes, months of agreements, days, months and years of books, co-owners' statements."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from controller.domain.closing import BooksPeriod
from controller.errors import Language
from controller.office.accounts import Principal
from controller.office.directory import agreements
from controller.office.office import Office
from controller.office.pdf import pdfs_of
from controller.office.refusals import no_such
from controller.office.settlement import books_closing, closing, expenses, statements
from controller.office.settlement.closing import Closed
from controller.office.settlement.closing_all import close_all
from controller.office.web.api_money import may_read
from controller.office.web.auth import may
from controller.office.web.doors import Owners, TheOffice, Till, Treasurers
from controller.office.web.pages_paper import document
from controller.office.web.roles import Action
from controller.office.web.schemas import Created, Page
from controller.office.web.schemas_money import AnswerIn, CloseAllIn, CloseBooksIn, CloseIn, DisputeIn, ExpenseIn

router = APIRouter(tags=["closing"])

Form = Literal["json", "csv", "pdf"]

FORMS: dict[Form, str] = {"json": "application/json", "csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}


@router.get("/agreements/{key}/expenses")
def list_expenses(key: str, office: TheOffice, principal: Owners) -> Page:
    """List what was paid for the goods, newest first, with the closing that took it."""
    check_readable(office, principal, key)
    with office.store.read() as tx:
        return Page(items=expenses.expense_views(tx, key))


@router.post("/agreements/{key}/expenses", status_code=HTTPStatus.CREATED)
def add_expense(key: str, body: ExpenseIn, office: TheOffice, principal: Treasurers) -> Created:
    """Write down what was paid for the goods."""
    said = body.model_dump(exclude={"note"})
    with office.changing(principal.account) as change:
        return Created(id=expenses.record_expense(change, key, said, body.note))


@router.delete("/expenses/{key}", status_code=HTTPStatus.NO_CONTENT)
def drop_expense(key: str, office: TheOffice, principal: Treasurers) -> None:
    """Cancel an expense that no closing has taken."""
    with office.changing(principal.account) as change:
        expenses.cancel_expense(change, key)


@router.get("/agreements/{key}/disputes")
def list_disputes(key: str, office: TheOffice, principal: Owners) -> Page:
    """List what co-owners have disputed, and what was answered."""
    check_readable(office, principal, key)
    with office.store.read() as tx:
        return Page(items=expenses.dispute_views(tx, key))


@router.post("/agreements/{key}/disputes", status_code=HTTPStatus.CREATED)
def add_dispute(key: str, body: DisputeIn, office: TheOffice, principal: Owners) -> Created:
    """Say what is wrong with a month; the next closing waits for the answer."""
    check_readable(office, principal, key)
    party = whose(principal, body.party)
    with office.changing(principal.account) as change:
        return Created(id=expenses.dispute(change, key, body.period, party, body.claim))


@router.post("/disputes/{key}/answer", status_code=HTTPStatus.NO_CONTENT)
def answer_dispute(key: str, body: AnswerIn, office: TheOffice, principal: Treasurers) -> None:
    """Answer a dispute."""
    with office.changing(principal.account) as change:
        expenses.settle_dispute(change, key, body.answer)


@router.get("/agreements/{key}/closings")
def list_closings(key: str, office: TheOffice, principal: Owners) -> Page:
    """List the final closings, newest first, with their hashes."""
    check_readable(office, principal, key)
    with office.store.read() as tx:
        return Page(items=closing.closings_of(tx, key))


@router.post("/agreements/{key}/closings")
def close_month(key: str, body: CloseIn, office: TheOffice, principal: Treasurers) -> dict[str, Any]:
    """Close a month for good; closing again what is closed answers the same."""
    with office.changing(principal.account) as change:
        return shown(closing.close(change, key, body.period, waive=body.waive, key=office.chain_key))


@router.post("/closings")
def close_all_agreements(body: CloseAllIn, office: TheOffice, principal: Treasurers) -> Page:
    """Close a month of every agreement that is due, and say of each its entry and hash or why it waits."""
    done = close_all(
        lambda: office.changing(principal.account),
        body.period,
        in_books=body.books,
        waive=body.waive,
        key=office.chain_key,
    )
    return Page(items=[each.to_data(principal.language) for each in done])


@router.get("/agreements/{key}/closings/{period}")
def read_closing(key: str, period: str, office: TheOffice, _: Till) -> dict[str, Any]:
    """Read a month: frozen when it is closed, else as it stands, with what a closing would wait for."""
    with office.store.read() as tx:
        return shown(closing.provisional(tx, key, period, office.now_ms()))


@router.get("/agreements/{key}/statements/{period}")
def read_statement(
    key: str,
    period: str,
    office: TheOffice,
    principal: Owners,
    party: Annotated[str | None, Query(max_length=120)] = None,
    form: Form = "json",
) -> Response:
    """Read a co-owner's statement as data, as a table or as a PDF; co-owners read their own."""
    check_readable(office, principal, key)
    whom = whose(principal, party)
    with office.store.read() as tx:
        said = statements.statement(closing.provisional(tx, key, period, office.now_ms()), whom)
    return statement_file(office, said, form, principal.language)


@router.get("/books/{books}/closings")
def list_books_closings(books: str, office: TheOffice, _: Treasurers, kind: BooksPeriod = "month") -> Page:
    """List closed days, months or years, newest first, with totals of the period and since the beginning."""
    with office.store.read() as tx:
        return Page(items=books_closing.books_closings(tx, books, kind))


@router.post("/books/{books}/closings")
def close_books(books: str, body: CloseBooksIn, office: TheOffice, principal: Treasurers) -> dict[str, Any]:
    """Close a day, month or year of books, with whatever in it is not closed yet."""
    with office.changing(principal.account) as change:
        return books_closing.close_books(change, books, body.kind, body.period, key=office.chain_key)


def statement_file(office: Office, said: dict[str, Any], form: Form, lang: Language) -> Response:
    """Return a statement as a file to keep; raise `OperatingError` where a PDF cannot be made."""
    name = f"{said['agreement']}-{said['period']}-{'final' if said['closing'] else 'provisional'}.{form}"
    if form == "pdf":
        with office.store.read() as tx:
            html = document(tx, said, lang)
        (data,) = pdfs_of([html])
    else:
        data = statements.as_csv(said) if form == "csv" else statements.as_json(said)
    return Response(
        data,
        media_type=FORMS[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def shown(closed: Closed) -> dict[str, Any]:
    """Return a closing as it is answered."""
    return {**closed.body, "entry": closed.entry, "hash": closed.hash}


def check_readable(office: Office, principal: Principal, key: str) -> None:
    """Raise `NotFoundError` for an agreement that is not the principal's to see."""
    with office.store.read() as tx:
        if not may_read(principal, agreements.agreement_by_id(tx, key)):
            raise no_such("l'indivision", "agreement", key)


def whose(principal: Principal, asked: str | None) -> str:
    """Return whose statement is meant: co-owners have their own, those who keep the books name one."""
    if principal.party is not None and asked in {None, principal.party}:
        return principal.party
    if asked is None or not may(principal, Action.TILL):
        raise no_such("le co-indivisaire", "co-owner", asked or "?")
    return asked
