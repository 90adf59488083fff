"""A co-owner's statement as a PDF: what the page says, for who cannot see it too, and the same bytes each time."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pypdf
import pytest

from controller import cli
from controller.errors import OperatingError
from controller.office.accounts import Role
from controller.office.pdf import HTML_MAX, pdfs_of
from controller.office.settlement import closing
from tests.office.closing_kit import HEARD
from tests.office.door import Door
from tests.office.workshop import NOON, Journal

AFTER = NOON + 20 * 86_400_000
PLACE = "/agreements/ceramics/statements/2027-01"


def test_a_statement_is_a_tagged_pdf_of_the_same_bytes_everywhere(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The page's file and the command's are one: PDF/A-3a in the reader's language, with the closing's hash
    and every figure as text.
    """
    door = Door.opened(tmp_path)
    journal = Journal(door.shop)
    journal.used(1)
    door.shop.told(journal)
    door.shop.now_ms = AFTER
    with door.shop.changing("treasurer") as change:
        closed = closing.close(change, "ceramics", "2027-01", waive=HEARD)
    owner = door.signed_in(Role.CO_OWNER, party="owner-1")

    page = owner.get(PLACE)
    of_page = owner.get(f"{PLACE}/file?form=pdf")
    asked = ["--agreement", "ceramics", "--period", "2027-01", "--party", "owner-1", "--pdf"]
    code = cli.main(["ledger", "statement", "--database", str(tmp_path / "office.db"), *asked])
    door.shop.store.close()

    assert "form=pdf" in page.text
    assert (of_page.status_code, of_page.headers["content-type"], code) == (200, "application/pdf", 0)
    assert of_page.content == capsysbinary.readouterr().out
    read = pypdf.PdfReader(io.BytesIO(of_page.content))
    said = "".join("".join(sheet.extract_text() for sheet in read.pages).split())
    root: Any = read.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"].value) == ("fr", True)
    assert "/StructTreeRoot" in root
    assert b"pdfaid:part" in root["/Metadata"].get_data()
    assert closed.hash is not None
    assert closed.hash in said
    assert "owner-1" in said
    assert "définitif" in said
    assert "Soldedû0,50€" in said
    assert read.metadata is not None
    assert str(read.metadata["/CreationDate"]).startswith("D:202702")


@pytest.mark.soak
def test_nothing_is_fetched_and_too_much_is_refused() -> None:
    """An address in a document is not looked at, be it a file or a page; a document without end is not begun."""
    (plain,) = pdfs_of(["<html lang=fr><title>a</title><p>b<img src='file:///etc/hostname' alt='c'></p></html>"])

    with pytest.raises(OperatingError, match="PDF"):
        pdfs_of(["x" * (HTML_MAX + 1)])

    assert plain.startswith(b"%PDF-")
    assert "/XObject" not in repr(pypdf.PdfReader(io.BytesIO(plain)).pages[0].get("/Resources"))
