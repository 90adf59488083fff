"""A year of the ledger in an open format, which proves itself with nothing but a public key.

The file is JSON lines in UTF-8. Every line is `{"data": …, "line": n, "sha256": h}` in canonical form (RFC 8785), where
`h` is SHA-256 over the `h` of the line before (64 zeros before the first) and the canonical data: so any byte that is
changed, dropped, inserted or swapped shows at its line. The data, in this order: `archive` (what this is, where the
chain comes from, the public key), `opening` balances, each `entry` with its legs, hash and the hash before it, each
signed `head` behind the entry it signs, `closing` totals of every account (period's debits and credits, perpetual
balance), `end`, and the `signature` of the office over the end's `h`.

House rules: only a period that is over is archived, so the same archive is the same bytes whenever it is made; it is
written as it is read. Nobody's name is in it, but a reason that a person wrote is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import func, select

from controller.domain.canonical import Json, canonical, sha256_hex
from controller.domain.chain import GENESIS_HASH
from controller.domain.ids import BooksId
from controller.errors import DataError, Message, UserError
from controller.office.export.journal_lines import check_books
from controller.office.ledger.rows import READ_AHEAD, entry_from
from controller.office.ledger.signing import head_from, key_id
from controller.office.ledger.tables import ledger_entry, ledger_head, ledger_posting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Connection

    from controller.domain.ledger import Entry
    from controller.office.export.period import Period
    from controller.office.ledger.signing import SignedHead

FORMAT = "indivis-archive-1"

Totals = dict[tuple[str, str], list[int]]
"""Of each (account, commodity): the period's debits, its credits (positive), the balance."""


def archive_name(books: str, period: str) -> str:
    """Return what the file is called."""
    return f"{books}-archive-{period}.jsonl"


def archive_lines(
    connection: Connection, books: str, period: Period, key: Ed25519PrivateKey, now_ms: int
) -> Iterator[bytes]:
    """Yield the archive's lines; raise `UserError` before the first for a period that is not over or empty."""
    check_books(connection, books)
    first = _entries_before(connection, books, period.from_ms) + 1
    last = _entries_before(connection, books, period.to_ms)
    if period.to_ms > now_ms:
        raise UserError(
            Message(f"la période dure jusqu'au {period.last}", f"the period lasts until {period.last}"),
            why=Message("seule une période finie s'archive", "only a period that is over is archived"),
        )
    if last < first:
        raise UserError(
            Message(
                f"les comptes « {books} » n'ont rien du {period.first} au {period.last}",
                f"books '{books}' have nothing from {period.first} to {period.last}",
            )
        )
    return _Writer(connection, books, key).lines(period, first, last)


def line_hash(previous: str, data: Json) -> str:
    """Return what chains a line to the one before."""
    return sha256_hex(previous.encode() + canonical(data))


def signed_words(books: str, last_seq: int, sha256: str) -> bytes:
    """Return what the office signs at the end of an archive."""
    return canonical({"format": FORMAT, "books": books, "last_seq": last_seq, "sha256": sha256})


def entry_data(entry: Entry) -> dict[str, Json]:
    """Return everything that is stored of an entry."""
    draft = entry.draft
    return {
        "seq": entry.seq,
        "key": draft.key,
        "kind": draft.kind,
        "fingerprint": draft.fingerprint,
        "event_at": draft.event_at,
        "booked_at": draft.booked_at,
        "machine": draft.machine,
        "reason": draft.reason,
        "reverses": draft.reverses,
        "details": draft.details,
        "postings": [[leg.account, leg.commodity, leg.amount, leg.wheel_before] for leg in draft.postings],
        "previous": entry.previous,
        "hash": entry.hash,
    }


class _Writer:
    """One archive being written: the chain of its lines, and the totals."""

    def __init__(self, connection: Connection, books: str, key: Ed25519PrivateKey) -> None:
        self._connection = connection
        self._books = books
        self._key = key
        self._n = 0
        self._sha256 = GENESIS_HASH
        self._totals: Totals = {}

    def lines(self, period: Period, first: int, last: int) -> Iterator[bytes]:
        public = self._key.public_key()
        about: dict[str, Json] = {
            "format": FORMAT,
            "books": self._books,
            "first_day": f"{period.first}",
            "last_day": f"{period.last}",
            "time_zone": period.zone.key,
            "first_seq": first,
            "previous": self._hash_of(first - 1),
            "key_id": key_id(public),
            "public_key": public.public_bytes(Encoding.Raw, PublicFormat.Raw).hex(),
        }
        yield self._line({"archive": about})
        for account, commodity, amount in self._opening(first):
            self._totals[account, commodity] = [0, 0, amount]
            yield self._line({"opening": [account, commodity, amount]})
        heads = self._heads(first, last)
        head = next(heads, None)
        signed, ended = 0, ""
        for entry in self._entries(first, last):
            yield self._line({"entry": entry_data(entry)})
            self._count(entry)
            ended = entry.hash
            while head is not None and head.seq <= entry.seq:
                yield self._line({"head": head.to_data()})
                signed += 1
                head = next(heads, None)
        for (account, commodity), amounts in sorted(self._totals.items()):
            yield self._line({"closing": [account, commodity, *amounts]})
        yield self._line({"end": {"entries": last - first + 1, "heads": signed, "last_seq": last, "hash": ended}})
        signature = self._key.sign(signed_words(self._books, last, self._sha256)).hex()
        yield self._line({"signature": signature})

    def _line(self, data: Json) -> bytes:
        self._n += 1
        self._sha256 = line_hash(self._sha256, data)
        return canonical({"data": data, "line": self._n, "sha256": self._sha256}) + b"\n"

    def _count(self, entry: Entry) -> None:
        for leg in entry.draft.postings:
            total = self._totals.setdefault((leg.account, leg.commodity), [0, 0, 0])
            total[0 if leg.amount > 0 else 1] += abs(leg.amount)
            total[2] += leg.amount

    def _hash_of(self, seq: int) -> str:
        if seq == 0:
            return GENESIS_HASH
        entry = ledger_entry.c
        return str(
            self._connection.execute(
                select(entry.hash).where(entry.books == self._books, entry.seq == seq)
            ).scalar_one()
        )

    def _opening(self, first: int) -> list[tuple[str, str, int]]:
        leg = ledger_posting.c
        rows = self._connection.execute(
            select(leg.account, leg.commodity, func.sum(leg.amount))
            .where(leg.books == self._books, leg.seq < first)
            .group_by(leg.account, leg.commodity)
            .order_by(leg.account, leg.commodity)
        )
        return sorted((account, commodity, int(amount)) for account, commodity, amount in rows)

    def _entries(self, first: int, last: int) -> Iterator[Entry]:
        """Yield the period's entries; raise `DataError` for a hole, which is not archived as if it were whole."""
        expected = first
        for start in range(first, last + 1, READ_AHEAD):
            stop = min(start + READ_AHEAD - 1, last)
            legs: dict[int, list[object]] = {}
            entry, leg = ledger_entry.c, ledger_posting.c
            place = (leg.books == self._books, leg.seq.between(start, stop))
            for row in self._connection.execute(select(ledger_posting).where(*place).order_by(leg.seq, leg.leg)):
                legs.setdefault(row.seq, []).append(row)
            rows = select(ledger_entry).where(entry.books == self._books, entry.seq.between(start, stop))
            for row in self._connection.execute(rows.order_by(entry.seq)):
                if row.seq != expected:
                    break
                yield entry_from(row, legs.get(row.seq, []))  # type: ignore[arg-type]
                expected += 1
            if expected != stop + 1:
                raise DataError(
                    Message(f"l'entrée {expected} manque", f"entry {expected} is missing"),
                    cure=Message("vérifiez le fichier avec « indivis verify »", "check the file with 'indivis verify'"),
                )

    def _heads(self, first: int, last: int) -> Iterator[SignedHead]:
        head = ledger_head.c
        place = (head.books == self._books, head.seq.between(first, last))
        rows = self._connection.execute(select(ledger_head).where(*place).order_by(head.seq, head.n))
        return (head_from(row) for row in rows)


def _entries_before(connection: Connection, books: str, instant_ms: int) -> int:
    """Return the number of the last entry booked before an instant: a clock that stepped back parts no year in two."""
    entry = ledger_entry.c
    query = select(func.max(entry.seq)).where(entry.books == BooksId(books), entry.booked_at < instant_ms)
    return connection.execute(query).scalar() or 0
