"""What the exchange reads and writes in the office's database, for one controller.

House rules: reading implements `exchange.ports.OfficeStore`, each answer from one transaction; writing takes a `Change`
and never commits. Facts of every standing are stored; only `open` and `accepted` branches are read by `interpreting`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import and_, insert, select, update

from controller.domain.canonical import Json, canonical
from controller.domain.ids import BooksId, BranchId, ControllerId
from controller.errors import Message as Text
from controller.errors import ProgrammerError
from controller.exchange.branches import BranchRecord
from controller.exchange.messages import HEADS_MAX, Entry, LedgerHead, Link, SnapshotOffer
from controller.exchange.outputs import Alarm, Gap, Store
from controller.exchange.ports import Slice
from controller.exchange.wire import entry_bytes
from controller.office.commands import FloorCommand
from controller.office.directory.entries import changes_since, revision
from controller.office.directory.tables import alarm as alarm_table
from controller.office.directory.tables import command, machine, placement, site
from controller.office.directory.tables import controller as controller_table
from controller.office.intake import branches, store_facts
from controller.office.journal_tables import journal_branch, journal_fact
from controller.office.ledger.store import chain_end
from controller.office.snapshots import Snapshots, entry_of, vector_of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from controller.office.store import Change, OfficeStore


class ControllerStore:
    """One controller's part of the office: see `exchange.ports.OfficeStore`."""

    def __init__(
        self, store: OfficeStore, controller: ControllerId, snapshots: Snapshots, now_ms: Callable[[], int]
    ) -> None:
        self._store, self._controller, self._snapshots, self._now_ms = store, controller, snapshots, now_ms
        # A restore takes place while no office runs, so this holds as long as the process.
        self._incarnation = store.incarnation()

    def incarnation(self) -> str:
        """See the port."""
        return self._incarnation

    def branches(self) -> Sequence[BranchRecord]:
        """See the port."""
        with self._store.read() as tx:
            return [
                BranchRecord(
                    link=Link(
                        branch=BranchId(row["branch"]),
                        parent_branch=None if row["parent_branch"] is None else BranchId(row["parent_branch"]),
                        parent_n=row["parent_n"],
                        parent_hash=row["parent_hash"],
                    ),
                    born=row["born"],
                    stored_n=row["stored_n"],
                    stored_hash=row["stored_hash"],
                    standing=row["state"],
                    restored=row["restored"],
                )
                for row in branches(tx, self._controller)
            ]

    def hash_at(self, branch: BranchId, n: int) -> str | None:
        """See the port."""
        fact = journal_fact.c
        with self._store.read() as tx:
            found: str | None = tx.execute(
                select(fact.hash).where(fact.controller == self._controller, fact.branch == branch, fact.n == n)
            ).scalar()
            return found

    def backed_up(self) -> Mapping[BranchId, int]:
        """See the port."""
        branch = journal_branch.c
        with self._store.read() as tx:
            rows = tx.execute(
                select(branch.branch, branch.backed_up_n).where(
                    branch.controller == self._controller, branch.backed_up_n > 0
                )
            )
            return {BranchId(row.branch): row.backed_up_n for row in rows}

    def ledger_heads(self) -> Sequence[LedgerHead]:
        """See the port."""
        with self._store.read() as tx:
            ends = [(books, chain_end(tx, books)) for books in _books_of(tx, self._controller)[:HEADS_MAX]]
            return [LedgerHead(books=books, entry=end.seq, hash=end.hash) for books, end in ends if end.seq > 0]

    def revision(self) -> int:
        """See the port."""
        with self._store.read() as tx:
            return revision(tx)

    def changes_after(self, revision: int, limit: int, bytes_max: int) -> Slice:
        """See the port. Each entry has a revision of its own, so that a cut may fall anywhere."""
        with self._store.read() as tx:
            changes = changes_since(tx, revision, limit)
            entries: list[Entry] = []
            room = bytes_max
            for row in changes.entries:
                entry = entry_of(row)
                room -= entry_bytes(entry)
                if entries and room < 0:
                    return Slice(up_to=entries[-1].revision, entries=tuple(entries), vector=())
                entries.append(entry)
            vector = vector_of(tx, self._controller) if changes.complete else ()
            return Slice(up_to=changes.up_to, entries=tuple(entries), vector=vector)

    def snapshot_offer(self) -> SnapshotOffer:
        """See the port."""
        return self._snapshots.offer(self._controller, self._incarnation, self._now_ms())

    def snapshot_chunk(self, revision: int, chunk: int) -> str | None:
        """See the port."""
        return self._snapshots.chunk(revision, chunk)


def keep_facts(change: Change, controller: ControllerId, store: Store) -> list[tuple[BranchId, int]]:
    """Append facts with their branches' records; return up to where each branch is stored.

    Raises what `store_facts` raises, and `ProgrammerError` when less was stored than the exchange had placed.
    """
    for record in store.branches:
        facts = [fact for fact in store.facts if fact.branch == record.branch]
        if not facts:
            continue
        _make_room(change, controller, record, facts[0].n, facts[0].prev)
        stored_n = store_facts(change, controller, record.branch, facts)
        if stored_n < facts[-1].n:
            said = f"{record.branch}: {stored_n} < {facts[-1].n}"
            raise ProgrammerError(
                Text("des faits n'ont pas pu être rangés", "facts could not be stored"), why=Text(said, said)
            )
        # The standing is left alone: a person may have decided since, and that is told by `Decided`.
        place = _place(controller, record.branch)
        change.tx.execute(update(journal_branch).where(place).values(restored=record.restored))
    return [(record.branch, record.stored_n) for record in store.branches]


def keep_standings(change: Change, controller: ControllerId, records: Sequence[BranchRecord]) -> None:
    """Write what was decided or found out about branches."""
    for record in records:
        change.tx.execute(update(journal_branch).where(_place(controller, record.branch)).values(state=record.standing))


def keep_gap(change: Change, controller: ControllerId, gap: Gap) -> None:
    """Tell a person which numbers will not come."""
    detail: Json = {"from_n": gap.from_n, "to_n": gap.to_n, "why": gap.why}
    raise_once(change, "journal_gap", f"{controller}/{gap.branch}", detail)


def keep_alarm(change: Change, controller: ControllerId, told: Alarm) -> None:
    """Tell a person what the exchange has found."""
    raise_once(change, told.code.value, controller, {"said": told.detail})


def raise_once(change: Change, kind: str, subject: str, detail: Json) -> None:
    """Raise an alarm unless the same one is open: what comes again every minute is one thing to look at."""
    column = alarm_table.c
    same = and_(
        column.kind == kind,
        column.subject == subject,
        column.detail == canonical(detail).decode(),
        column.cleared_at.is_(None),
    )
    if change.tx.execute(select(column.id).where(same)).first() is None:
        change.alarm(kind, subject, detail)


def note_backed_up(change: Change, reached: Mapping[tuple[str, str], int]) -> None:
    """Note up to which number each (controller, branch) is in a copy that was verified off this machine.

    Controllers may trim up to there, so never call this for a copy that was not opened and read.
    """
    for (controller, branch), n in reached.items():
        place = and_(_place(controller, branch), journal_branch.c.backed_up_n < n)
        change.tx.execute(update(journal_branch).where(place).values(backed_up_n=n))


def commands_since(tx: Connection, asked_after_ms: int) -> list[FloorCommand]:
    """Return commands written down since and not answered: perhaps never sent, if the program ended between the two."""
    column = command.c
    rows = tx.execute(
        select(command).where(column.answered_at.is_(None), column.asked_at > asked_after_ms).order_by(column.asked_at)
    )
    return [
        FloorCommand(
            id=row.id,
            controller=row.controller,
            machine=row.machine,
            session=row.session,
            kind="stop",
            asked_at=row.asked_at,
        )
        for row in rows
    ]


def note_outcome(change: Change, key: str, outcome: str) -> None:
    """Write down what became of a command; the first word holds."""
    place = and_(command.c.id == key, command.c.answered_at.is_(None))
    change.tx.execute(update(command).where(place).values(outcome=outcome, answered_at=change.now_ms))


def standings(tx: Connection, controller: str) -> dict[BranchId, str]:
    """Return the standing of each branch as it is stored."""
    branch = journal_branch.c
    rows = tx.execute(select(branch.branch, branch.state).where(branch.controller == controller))
    return {BranchId(row.branch): row.state for row in rows}


def is_known(tx: Connection, controller: str) -> bool:
    """Tell whether the directory has this controller."""
    found = select(controller_table.c.id).where(controller_table.c.id == controller)
    return tx.execute(found).first() is not None


def _make_room(change: Change, controller: ControllerId, record: BranchRecord, first_n: int, prev: str) -> None:
    """Open the branch where it begins here, or step over the numbers that are gone for good."""
    row = change.tx.execute(select(journal_branch.c.stored_n).where(_place(controller, record.branch))).first()
    if row is None:
        link = record.link
        change.tx.execute(
            insert(journal_branch).values(
                controller=controller,
                branch=record.branch,
                state=record.standing,
                first_n=first_n,
                parent_branch=link.parent_branch,
                parent_n=link.parent_n,
                parent_hash=link.parent_hash,
                stored_n=first_n - 1,
                stored_hash=prev,
                interpreted_n=first_n - 1,
                born=record.born,
                restored=record.restored,
                backed_up_n=0,
                opened_at=change.now_ms,
                heard_at=change.now_ms,
            )
        )
    elif first_n > row.stored_n + 1:
        change.tx.execute(
            update(journal_branch)
            .where(_place(controller, record.branch))
            .values(stored_n=first_n - 1, stored_hash=prev)
        )


def _place(controller: str, branch: str) -> ColumnElement[bool]:
    return and_(journal_branch.c.controller == controller, journal_branch.c.branch == branch)


def _books_of(tx: Connection, controller: str) -> list[BooksId]:
    """Return the books of a controller's site and of the machines wired to it, in order."""
    at_home = select(site.c.books).join(controller_table, controller_table.c.site == site.c.id)
    wired = select(machine.c.books).join(
        placement, and_(placement.c.machine == machine.c.id, placement.c.to_at.is_(None))
    )
    rows = tx.execute(
        at_home.where(controller_table.c.id == controller).union(wired.where(placement.c.controller == controller))
    )
    return sorted(BooksId(row.books) for row in rows)
