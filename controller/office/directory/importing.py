"""Many members at once, from another program's list.

House rules: in batches, each its own transaction, so that nobody waits long for a turn; a line is named by the other
program's id, so the same list again changes nothing. A list that suspends gives no reason; one that was written here
stays until the list lets its member in again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, bindparam, case, insert, select, update

from controller.errors import Message
from controller.office.directory import entries
from controller.office.directory.balances import project_balances
from controller.office.directory.people import MemberStatus, checked_names, entry_of
from controller.office.directory.tables import account, books, member
from controller.office.directory.words import checked_name
from controller.office.ledger.rows import chunks
from controller.office.refusals import InvalidError, no_such
from controller.office.store import Change, new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.office.store import OfficeStore
    from controller.office.vault import Vault

BATCH = 250
"""Members in one transaction: some tens of milliseconds of the one writer's time."""

ROWS_MAX = 10_000
"""Lines in one import: ten times a large workshop; longer lists are cut by who sends them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """One line: the other program's id, names, standing."""

    external_id: str
    name: str
    email: str = ""
    membership_until_at: int | None = None
    status: MemberStatus = "active"


@dataclass(frozen=True, slots=True)
class Imported:
    """How many joined, how many were known and changed."""

    created: int
    updated: int


def import_members(
    store: OfficeStore, vault: Vault, actor: str, now_ms: int, in_books: str, lines: Sequence[MemberLine]
) -> Imported:
    """Add or change members, all lines checked before the first is written.

    Raises `InvalidError` naming the line that is wrong, or saying that a line comes twice.
    """
    _check(lines)
    with store.read() as tx:
        if tx.execute(select(books.c.id).where(books.c.id == in_books)).first() is None:
            raise no_such("la structure", "books", in_books)
    created = 0
    for start in range(0, len(lines), BATCH):
        with store.changing(actor, now_ms) as change:
            created += _write(change, vault, in_books, lines[start : start + BATCH])
    return Imported(created, len(lines) - created)


def _check(lines: Sequence[MemberLine]) -> None:
    if len(lines) > ROWS_MAX:
        raise InvalidError(Message(f"plus de {ROWS_MAX} lignes", f"more than {ROWS_MAX} lines"))
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        try:
            checked_names(line.name, line.email)
            twice = checked_name(line.external_id) in seen
        except InvalidError as error:
            raise InvalidError(
                Message(f"ligne {number} : {error.what.fr}", f"line {number}: {error.what.en}"), cure=error.cure
            ) from error
        if twice:
            raise InvalidError(
                Message(f"ligne {number} : identifiant déjà présent", f"line {number}: id present already")
            )
        seen.add(line.external_id)


def _write(change: Change, vault: Vault, in_books: str, lines: Sequence[MemberLine]) -> int:
    known: dict[str, str] = {}
    for chunk in chunks([line.external_id for line in lines]):
        query = select(member.c.external_id, member.c.id).where(member.c.external_id.in_(chunk))
        known.update({row.external_id: row.id for row in change.tx.execute(query)})
    new = [line for line in lines if line.external_id not in known]
    rows = [_row(change, line) for line in new]
    if rows:
        accounts = [
            {"id": row["account"], "books": in_books, "kind": "person", "floor_cents": 0, "created_at": change.now_ms}
            for row in rows
        ]
        change.tx.execute(insert(account), accounts)
        change.tx.execute(insert(member), rows)
        project_balances(change.tx, [row["account"] for row in rows])
    people = {**known, **{row["external_id"]: row["id"] for row in rows}}
    if known:
        changed = [line for line in lines if line.external_id in known]
        change.tx.execute(
            update(member)
            .where(member.c.id == bindparam("_id"))
            .values(
                status=bindparam("_status"),
                membership_until_at=bindparam("_until"),
                suspended_reason=case(
                    (bindparam("_status", type_=String) == "suspended", member.c.suspended_reason), else_=None
                ),
            ),
            [
                {"_id": known[line.external_id], "_status": line.status, "_until": line.membership_until_at}
                for line in changed
            ],
        )
    vault.put(change.tx, {people[line.external_id]: checked_names(line.name, line.email) for line in lines})
    stored = change.tx.execute(select(member).where(member.c.id.in_(list(people.values())))).mappings()
    entries.put(change.tx, [entry_of(row) for row in stored])
    change.audit("import_members", in_books, after={"created": len(new), "updated": len(known)})
    return len(new)


def _row(change: Change, line: MemberLine) -> dict[str, Any]:
    return {
        "id": new_id("m"),
        "account": new_id("a"),
        "status": line.status,
        "membership_until_at": line.membership_until_at,
        "language": "fr",
        "use_kind": "paid",
        "external_id": line.external_id,
        "created_at": change.now_ms,
    }
