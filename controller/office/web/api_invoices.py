"""Invoices of organisations: what waits, issuing, the files, and what invoices say of the parties and of the law."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from controller.office.invoicing.issuing import invoice_by_name, invoices_of, issue, prepared
from controller.office.invoicing.words import put_word, word_views
from controller.office.web.doors import TheOffice, Treasurers
from controller.office.web.invoice_files import FORMS, InvoiceForm, file_name, invoice_file
from controller.office.web.schemas import Page
from controller.office.web.schemas_money import InvoiceWordIn

router = APIRouter(tags=["invoices"])

Name = Annotated[str, Path(max_length=30)]


@router.get("/organisations/{payer}/invoices")
def list_invoices(payer: str, office: TheOffice, _: Treasurers) -> dict[str, Any]:
    """List an organisation's invoices, newest first, and what one issued now would say."""
    with office.store.read() as tx:
        return {"waiting": prepared(tx, payer, office.now_ms()), "issued": invoices_of(tx, payer)}


@router.post("/organisations/{payer}/invoices", status_code=HTTPStatus.CREATED)
def issue_invoice(payer: str, office: TheOffice, principal: Treasurers) -> dict[str, Any]:
    """Issue the invoice of everything that waits, or the credit note where that is less than nothing."""
    with office.changing(principal.account) as change:
        return issue(change, payer)


@router.get("/books/{books}/invoices/{name}")
def read_invoice(books: str, name: Name, office: TheOffice, _: Treasurers) -> dict[str, Any]:
    """Read an issued invoice as data."""
    with office.store.read() as tx:
        return invoice_by_name(tx, books, name)


@router.get("/books/{books}/invoices/{name}/{form}")
def take_invoice(books: str, name: Name, form: InvoiceForm, office: TheOffice, _: Treasurers) -> Response:
    """Take an invoice as a Factur-X PDF, as its XML alone or as a page, or its statement of service done."""
    with office.store.read() as tx:
        body = invoice_by_name(tx, books, name)
    return answered(body, form)


@router.get("/invoice-words/{subject}")
def list_words(subject: str, office: TheOffice, _: Treasurers) -> Page:
    """List what invoices say of books or of an organisation, each word from its day on."""
    with office.store.read() as tx:
        return Page(items=word_views(tx, subject))


@router.put("/invoice-words/{subject}/{word}", status_code=HTTPStatus.NO_CONTENT)
def put_invoice_word(subject: str, word: str, body: InvoiceWordIn, office: TheOffice, principal: Treasurers) -> None:
    """Say what invoices say of books or of an organisation from a day on."""
    with office.changing(principal.account) as change:
        put_word(change, subject, word, body.from_day, body.value)


def answered(body: dict[str, Any], form: InvoiceForm) -> Response:
    """Return an invoice's file; pages are shown, files are kept."""
    data = invoice_file(body, form)
    kept = "inline" if form in ("html", "service") else "attachment"
    disposition = f'{kept}; filename="{file_name(body, form)}"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return Response(data, media_type=FORMS[form], headers=headers)
