"""An issued invoice as a file: Factur-X in a PDF/A-3, its XML alone, a page, and the statement of service done.

House rules: the documents bear the day of the invoice and no other, so that they are the same whenever they are asked
for; invoices to French organisations are written in French, whoever asks.
"""

from __future__ import annotations

from typing import Any, Literal, assert_never

from controller.office.invoicing.factur_x import FILE_NAME, checked, factur_x, xmp
from controller.office.pdf import WithFile, pdfs_of
from controller.office.web import pages_format
from controller.office.web.pages_frame import paper

InvoiceForm = Literal["pdf", "xml", "html", "service"]

FORMS: dict[InvoiceForm, str] = {
    "pdf": "application/pdf",
    "xml": "application/xml",
    "html": "text/html; charset=utf-8",
    "service": "text/html; charset=utf-8",
}


def invoice_file(body: dict[str, Any], form: InvoiceForm) -> bytes:
    """Return an invoice in one form; raise `OperatingError` where a PDF cannot be made."""
    match form:
        case "xml":
            return checked(factur_x(body))
        case "html" | "service":
            return _page(body, form).encode()
        case "pdf":
            file = WithFile(
                html=_page(body, form),
                name=FILE_NAME,
                xml=checked(factur_x(body)).decode(),
                xmp=xmp(),
                at_s=body["issued_at"] // 1_000,
            )
            return pdfs_of([file])[0]
        case _:
            assert_never(form)


def file_name(body: dict[str, Any], form: InvoiceForm) -> str:
    """Return the name of such a file."""
    ending = "html" if form == "service" else form
    return f"{body['name']}{'-service-fait' if form == 'service' else ''}.{ending}"


def _page(body: dict[str, Any], form: InvoiceForm) -> str:
    written = pages_format.moment(body["issued_at"]).isoformat(timespec="seconds")
    return paper("invoice_paper.html", "fr", written=written, said=body, purpose=form, percent=_percent, time=_time)


def _percent(rate_bp: int) -> str:
    whole, part = divmod(rate_bp, 100)
    return f"{whole},{part:02} %" if part else f"{whole} %"


def _time(seconds: int) -> str:
    return ("−" if seconds < 0 else "") + pages_format.duration(abs(seconds), "fr")
