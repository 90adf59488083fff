"""What the accountant takes away: journals and VAT of a period, as files."""

from __future__ import annotations

import io
import zipfile
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from controller.office.export.chart import load_chart
from controller.office.export.documents import Document, Sort, documents
from controller.office.export.fec import Charset
from controller.office.web.doors import TheOffice, Treasurers

router = APIRouter(tags=["money"])

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say: the same ledger gives the same bytes


@router.get("/books/{books}/exports/{sort}")
def export(
    books: str,
    sort: Sort,
    office: TheOffice,
    _principal: Treasurers,
    period: Annotated[str, Query(max_length=7)],
    charset: Charset = "iso8859-15",
) -> Response:
    """Take a period's journals (`fec`, `csv`) or VAT by day (`vat`); a FEC comes with its description, in a zip."""
    chart = load_chart(office.chart_file)
    with office.store.read() as tx:
        found = documents(tx, sort, books, period, chart, charset)
    name, data = (found[0].name, found[0].data) if len(found) == 1 else _zipped(found)
    kind = "application/zip" if len(found) > 1 else "text/csv; charset=utf-8"
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _zipped(found: list[Document]) -> tuple[str, bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for document in found:
            file.writestr(zipfile.ZipInfo(document.name, _EPOCH), document.data)
    return found[0].name.replace(".txt", ".zip"), packed.getvalue()
