"""The same journal lines in the columns that an accountant's program takes, in the chart's own order and titles."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, assert_never

from controller.office.export.amounts import decimal_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.office.export.chart import Column, CsvForm
    from controller.office.export.journal_lines import JournalLine

_FORMULA_STARTS = ("=", "+", "-", "@")


def csv_bytes(lines: Iterable[JournalLine], form: CsvForm) -> bytes:
    """Return the table in UTF-8 with a byte order mark, which spreadsheets need to read accents."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=form.separator, lineterminator="\r\n")
    writer.writerow([title for title, _ in form.columns])
    for line in lines:
        writer.writerow([_cell(line, column, form) for _, column in form.columns])
    return text.getvalue().encode("utf-8-sig")


def _cell(line: JournalLine, column: Column, form: CsvForm) -> str:
    match column:
        case "day":
            return line.day.strftime(form.date)
        case "debit":
            return decimal_of(line.debit_cents, form.decimal)
        case "credit":
            return decimal_of(line.credit_cents, form.decimal)
        case "number":
            return line.account
        case "journal" | "journal_label" | "account_label" | "auxiliary" | "piece" | "label":
            said: str = getattr(line, column)
            return f"'{said}" if said.startswith(_FORMULA_STARTS) else said  # a spreadsheet must not compute it
        case _:
            assert_never(column)
