"""The signed heads of a ledger, one JSON object a line: what whoever wants to be a witness keeps somewhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from controller.domain.canonical import canonical
from controller.office.export.journal_lines import check_books
from controller.office.ledger.rows import READ_AHEAD
from controller.office.ledger.signing import head_from
from controller.office.ledger.tables import ledger_head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection


def head_lines(connection: Connection, books: str) -> Iterator[bytes]:
    """Yield every signed head, oldest first, each as it is published; raise `UserError` for unknown books."""
    check_books(connection, books)
    head = ledger_head.c
    rows = connection.execution_options(yield_per=READ_AHEAD).execute(
        select(ledger_head).where(head.books == books).order_by(head.n)
    )
    for row in rows:
        yield canonical(head_from(row).to_data()) + b"\n"
