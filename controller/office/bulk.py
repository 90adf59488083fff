"""Many rows in one statement: what a batch of facts and entries writes.

House rules: rows are tuples in the order of the table's columns, and go in in the order given, row by row through every
trigger. It is the one place beside `store`, `migrations` and `ledger.triggers` that knows which database it is: SQLite
takes many rows of one prepared statement at once; a PostgreSQL driver would send them one by one and wait for each
answer, so there a column goes as one array.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Dialect, Table

ROWS_AT_ONCE = 5_000
"""Rows in one statement: some megabytes of arrays at most; more go in the next."""

_STATEMENTS_KEPT = 64
"""One for each table that is written in bulk, of which there are few; one more is made anew."""


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert `rows`, each with a cell for every column of `table`."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        if connection.dialect.name == "postgresql":
            columns = tuple(list(column) for column in zip(*some, strict=True))
            connection.exec_driver_sql(_of_arrays(table), columns)
        else:
            connection.exec_driver_sql(_of_cells(table, connection.dialect), list(some))


def by_index(connection: Connection, index: str) -> str:
    """Return what stands behind a table's name for SQLite to look by that index; PostgreSQL has statistics."""
    return f"INDEXED BY {index}" if connection.dialect.name == "sqlite" else ""


@lru_cache(maxsize=_STATEMENTS_KEPT)
def _of_cells(table: Table, dialect: Dialect) -> str:
    return str(insert(table).compile(dialect=dialect))


@lru_cache(maxsize=_STATEMENTS_KEPT)
def _of_arrays(table: Table) -> str:
    quoted = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    names = ", ".join(quoted(column.name) for column in table.columns)
    arrays = ", ".join(f"CAST(%s AS {column.type.compile(dialect)}[])" for column in table.columns)
    return f"INSERT INTO {quoted(table.name)} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608 - our own tables
