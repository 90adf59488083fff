"""The office at work beside the controller: lists of 10,000 members imported one after the other.

House rule: it is the office's own import into a real database on the disk that the controller writes to.

    python -m controller.bench.office_child FOLDER   # until it is killed; says a line when it begins
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from sqlalchemy import func, select

from controller.office.directory import places
from controller.office.directory.importing import ROWS_MAX, MemberLine, import_members
from controller.office.directory.tables import member
from controller.office.store import OfficeStore
from controller.office.vault import Vault, open_vault

BOOKS = "bench"


def open_office(folder: Path) -> tuple[OfficeStore, Vault]:
    """Open an office's database with one set of books."""
    store = OfficeStore(folder / "office.db")
    vault = open_vault(folder / "vault.key", store)
    with store.changing("bench", now_ms()) as change:
        places.create_books(change, BOOKS, "Atelier Exemple")
    return store, vault


def member_lines(first: int, count: int) -> list[MemberLine]:
    """Fictional people."""
    return [
        MemberLine(external_id=f"x-{number}", name=f"Personne Fictive {number}")
        for number in range(first, first + count)
    ]


def members_in(folder: Path) -> int:
    """How many members the database has."""
    store = OfficeStore(folder / "office.db")
    try:
        with store.read() as tx:
            return int(tx.execute(select(func.count()).select_from(member)).scalar_one())
    finally:
        store.close()


def now_ms() -> int:
    """The date, in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def main(arguments: list[str]) -> int:
    """Import until killed."""
    store, vault = open_office(Path(arguments[0]))
    sys.stdout.write("importing\n")
    sys.stdout.flush()
    first = 0
    while True:
        import_members(store, vault, "bench", now_ms(), BOOKS, member_lines(first, ROWS_MAX))
        first += ROWS_MAX


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
