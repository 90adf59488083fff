"""The files that a treasurer takes away for a period, by what they are called: for the command and the API alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, assert_never

from sqlalchemy import select

from controller.office.directory.tables import account
from controller.office.export.fec import fec_bytes, fec_name, fec_note
from controller.office.export.journal_lines import journal_lines
from controller.office.export.mapped_csv import csv_bytes
from controller.office.export.period import period_of
from controller.office.export.vat_days import vat_csv, vat_days

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.export.chart import Chart
    from controller.office.export.fec import Charset

Sort = Literal["fec", "csv", "vat"]


@dataclass(frozen=True, slots=True)
class Document:
    """A file: its name, its bytes."""

    name: str
    data: bytes


def documents(
    connection: Connection, sort: Sort, books: str, period: str, chart: Chart, charset: Charset = "iso8859-15"
) -> list[Document]:
    """Return the files of one sort for a period; raise `UserError` naming what is missing."""
    entity = chart.entity_of(books)
    days = period_of(period, entity)
    match sort:
        case "fec":
            name = fec_name(entity, days.last)
            data = fec_bytes(journal_lines(connection, books, days, chart), charset)
            note = fec_note(name, charset, books)
            encoding = "utf-8" if charset == "utf-8" else "iso8859-15"
            return [Document(name, data), Document(name.replace(".txt", "-description.txt"), note.encode(encoding))]
        case "csv":
            table = csv_bytes(journal_lines(connection, books, days, chart), chart.form())
            return [Document(f"{books}-journaux-{period}.csv", table)]
        case "vat":
            organisations = frozenset(
                connection.execute(select(account.c.id).where(account.c.kind != "person")).scalars()
            )
            found = vat_days(connection, books, days, chart, organisations)
            return [Document(f"{books}-tva-{period}.csv", vat_csv(found, chart.form()))]
        case _:
            assert_never(sort)
