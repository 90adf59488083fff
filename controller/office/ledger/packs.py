"""Packs of minutes as they stand: a cache of the moves that the entries keep, rebuilt and compared like the balances.

House rules: a pack is opened by its sale's entry and changed by moves alone; empty ones stay, so that a use that is
taken back finds them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, insert, select, update

from controller.domain.canonical import canonical
from controller.domain.ids import AccountId, MachineId
from controller.domain.pack_entries import PACK_PREFIX, pack_payer_of
from controller.domain.packs import Pack, pack_moves_in
from controller.office.ledger.rows import READ_AHEAD, chunks
from controller.office.ledger.tables import ledger_entry, ledger_pack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection, Row

    from controller.domain.ids import BooksId
    from controller.domain.ledger import Entry


@dataclass(frozen=True, slots=True)
class OwnedPack:
    """A pack, whose it is, and what it is of."""

    account: AccountId
    plan: str
    pack: Pack


class RunningPacks:
    """The packs that a batch of entries starts from and changes; `flush` writes them."""

    def __init__(self, connection: Connection, books: BooksId) -> None:
        """Start with nothing loaded."""
        self._connection = connection
        self._books = books
        self._packs: dict[str, OwnedPack] = {}
        self._by_account: dict[str, list[str]] = defaultdict(list)
        self._stored: set[str] = set()
        self._changed: set[str] = set()

    def load(self, accounts: Iterable[str], names: Iterable[str]) -> None:
        """Read the packs of `accounts` of which something is left, and those of these `names`, many at a time."""
        pack = ledger_pack.c
        for column, values, more in (
            (pack.account, sorted(set(accounts)), pack.left_s != 0),
            (pack.pack, sorted(set(names)), None),
        ):
            for chunk in chunks(values):
                place = and_(pack.books == self._books, column.in_(chunk))
                query = select(ledger_pack).where(place if more is None else and_(place, more))
                for row in self._connection.execute(query):
                    if row.pack not in self._packs:
                        self._stored.add(row.pack)
                        self._keep(owned(row))

    def of(self, account: AccountId) -> tuple[Pack, ...]:
        """Return the packs of an account that were loaded or opened, this batch included."""
        return tuple(self._packs[name].pack for name in self._by_account.get(account, ()))

    def add(self, entry: Entry) -> None:
        """Take an entry's moves into the packs; its sale opens the pack that it names."""
        for move in pack_moves_in(entry.draft.details):
            known = self._packs.get(move.pack) or opened_by(entry)
            pack = replace(
                known.pack,
                left_s=known.pack.left_s - move.seconds,
                left_cents=known.pack.left_cents - move.cents,
                vat_cents=known.pack.vat_cents - move.vat_cents,
            )
            self._keep(replace(known, pack=pack))
            self._changed.add(move.pack)

    def flush(self) -> None:
        """Write every changed pack."""
        rows = [_row(self._books, self._packs[name]) for name in sorted(self._changed)]
        if added := [row for row in rows if row["pack"] not in self._stored]:
            self._connection.execute(insert(ledger_pack), added)
        if changed := [
            {
                "_books": row["books"],
                "_pack": row["pack"],
                "_s": row["left_s"],
                "_cents": row["left_cents"],
                "_vat": row["vat_cents"],
            }
            for row in rows
            if row["pack"] in self._stored
        ]:
            place = and_(ledger_pack.c.books == bindparam("_books"), ledger_pack.c.pack == bindparam("_pack"))
            values: dict[str, Any] = {
                "left_s": bindparam("_s"),
                "left_cents": bindparam("_cents"),
                "vat_cents": bindparam("_vat"),
            }
            self._connection.execute(update(ledger_pack).where(place).values(values), changed)
        self._stored |= self._changed
        self._changed.clear()

    def _keep(self, known: OwnedPack) -> None:
        if known.pack.pack not in self._packs:
            self._by_account[known.account].append(known.pack.pack)
        self._packs[known.pack.pack] = known


def opened_by(entry: Entry) -> OwnedPack:
    """Return the pack that a sale opens, still empty; raise `ValueError` for an entry that opens none."""
    said, account = json.loads(entry.draft.details), pack_payer_of(entry)
    if entry.draft.kind != "pack" or account is None:
        raise ValueError(f"{entry.draft.key} moves a pack that no entry has opened")
    terms = said["pack"]
    pack = Pack(
        pack=entry.draft.key.removeprefix(PACK_PREFIX),
        machines=tuple(MachineId(each) for each in terms["machines"]),
        from_at=terms["from_at"],
        until_at=terms["until_at"],
        vat_point=said["vat_point"],
        rate_bp=said["rate_bp"],
        opened_seq=entry.seq,
        opened_s=terms["seconds"],
        opened_cents=said["amount_cents"],
        left_s=0,
        left_cents=0,
    )
    return OwnedPack(AccountId(account), terms["plan"], pack)


def owned_packs_of(connection: Connection, books: BooksId, account: AccountId) -> list[OwnedPack]:
    """Return the packs of an account of which something is left, in the order in which they are spent."""
    pack = ledger_pack.c
    rows = connection.execute(select(ledger_pack).where(pack.books == books, pack.account == account, pack.left_s != 0))
    return sorted((owned(row) for row in rows), key=lambda each: each.pack.order)


def pack_differences(connection: Connection) -> Iterator[tuple[str, str, int | None, int | None]]:
    """Yield (books, which, stored, rebuilt) of every pack that is not what the entries say, or that holds less than
    nothing or more than was sold.
    """
    entry = ledger_entry.c
    rebuilt: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    rows = connection.execute(
        select(entry.books, entry.details).where(entry.details.like('%"packs":%')),
        execution_options={"yield_per": READ_AHEAD},
    )
    for row in rows:
        for move in pack_moves_in(row.details):
            sums = rebuilt[row.books, move.pack]
            for place, part in enumerate((move.seconds, move.cents, move.vat_cents)):
                sums[place] -= part
    stored = {
        (row.books, row.pack): (row.left_s, row.left_cents, row.vat_cents, row.opened_s, row.opened_cents)
        for row in connection.execute(select(ledger_pack))
    }
    for key in sorted(rebuilt.keys() | stored.keys()):
        known, counted = stored.get(key), rebuilt.get(key)
        for place, what in enumerate(("seconds", "cents", "VAT")):
            cached = None if known is None else known[place]
            summed = None if counted is None else counted[place]
            if cached != summed:
                yield key[0], f"pack {key[1]} {what}", cached, summed
        if known is not None and not (0 <= known[0] <= known[3] and 0 <= known[1] <= known[4]):
            yield key[0], f"pack {key[1]}: 0–{known[3]} s", known[0], None


def owned(row: Row[Any]) -> OwnedPack:
    """Read a row."""
    pack = Pack(
        pack=row.pack,
        machines=tuple(MachineId(each) for each in json.loads(row.machines)),
        from_at=row.from_at,
        until_at=row.until_at,
        vat_point=row.vat_point,
        rate_bp=row.rate_bp,
        opened_seq=row.opened_seq,
        opened_s=row.opened_s,
        opened_cents=row.opened_cents,
        left_s=row.left_s,
        left_cents=row.left_cents,
        vat_cents=row.vat_cents,
    )
    return OwnedPack(AccountId(row.account), row.plan, pack)


def _row(books: BooksId, known: OwnedPack) -> dict[str, Any]:
    pack = known.pack
    return {
        "books": books,
        "pack": pack.pack,
        "account": known.account,
        "plan": known.plan,
        "machines": canonical([*pack.machines]).decode(),
        "from_at": pack.from_at,
        "until_at": pack.until_at,
        "vat_point": pack.vat_point,
        "rate_bp": pack.rate_bp,
        "opened_seq": pack.opened_seq,
        "opened_s": pack.opened_s,
        "opened_cents": pack.opened_cents,
        "left_s": pack.left_s,
        "left_cents": pack.left_cents,
        "vat_cents": pack.vat_cents,
    }
