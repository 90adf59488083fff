"""An organisation's invoices on a page: what waits, one button, the files, and what invoices say.

House rules: what is issued is reckoned when the button is pressed; a missing word is named, and nothing is issued.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.errors import UserError
from controller.office.invoicing.issuing import invoice_by_name, invoices_of, issue, prepared
from controller.office.invoicing.words import WORDS, put_word, words_on
from controller.office.web import doors, pages_format
from controller.office.web.api_invoices import answered
from controller.office.web.invoice_files import FORMS, InvoiceForm
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

Treasurers = Annotated[Visit, Depends(visit_by(doors.Treasurers))]


@router.get("/organisations/{key}/invoices")
def show_invoices(here: Treasurers, key: str) -> Response:
    """Show what waits and what was issued."""
    return _invoices(here, key)


@router.post("/organisations/{key}/invoices")
def issue_invoice(here: Treasurers, key: str) -> Response:
    """Issue the invoice of what waits."""
    try:
        with here.office.changing(here.principal.account) as change:
            issue(change, key)
    except UserError as error:
        return _invoices(here, key, status_of(error), here.sentence(error))
    return go(f"/organisations/{key}/invoices", "done.invoice")


@router.post("/organisations/{key}/invoices/words")
def write_word(here: Treasurers, key: str) -> Response:
    """Say what invoices say from a day on."""
    said = {name: here.form.get(name, "") for name in ("subject", "word", "from_day", "value")}
    try:
        with here.office.changing(here.principal.account) as change:
            put_word(change, said["subject"], said["word"], said["from_day"], said["value"])
    except UserError as error:
        return _invoices(here, key, status_of(error), here.sentence(error))
    return go(f"/organisations/{key}/invoices", "done.invoice_word")


@router.get("/organisations/{key}/invoices/{name}/{form}")
def take_invoice(here: Treasurers, key: str, name: str, form: InvoiceForm) -> Response:
    """Take an invoice's file."""
    with here.office.store.read() as tx:
        body = invoice_by_name(tx, prepared(tx, key, here.now_ms)["books"], name)
    return answered(body, form)


def _invoices(here: Visit, key: str, status: int = HTTPStatus.OK, refused: str = "") -> Response:
    with here.office.store.read() as tx:
        waiting, issued = prepared(tx, key, here.now_ms), invoices_of(tx, key)
        said = [
            (subject, title, [(name, WORDS[name].said.text(here.lang), value) for name, value in words.items()])
            for subject, title, words in (
                (waiting["books"], waiting["books"], words_on(tx, waiting["books"], waiting["day"])),
                (key, waiting["buyer"]["name"], words_on(tx, key, waiting["day"])),
            )
        ]
    return page(
        here,
        "invoices.html",
        status,
        key=key,
        name=waiting["buyer"]["name"],
        waiting=waiting,
        issued=issued,
        forms=[(form, f"invoice.{form}") for form in FORMS],
        said=said,
        refused=refused,
        today=pages_format.iso_day(here.now_ms),
    )
