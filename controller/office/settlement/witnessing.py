"""Co-owners as outside witnesses: who wishes each day's closing hash, the letters that wait, and whether a hash
that somebody kept is still in the chain.

House rules: a letter holds a hash and no figure; whatever sends letters takes them from here and says so. A hash found
here is one entry that is still what it was; the proof of the whole chain is `indivis verify --head`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from controller.domain.ids import BooksId
from controller.domain.ledger import entry_hash
from controller.errors import Message
from controller.office.accounts_tables import web_account
from controller.office.directory.agreements import agreements_of
from controller.office.ledger.rows import entries_by_key
from controller.office.ledger.tables import ledger_entry
from controller.office.refusals import InvalidError
from controller.office.settlement.expenses import parties_of
from controller.office.settlement.witness_tables import hash_letter, hash_wish
from controller.office.store import new_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.store import Change

LETTERS_SHOWN_MAX = 500
"""Letters in one answer: whatever sends them takes these and asks again."""

_HASH = re.compile(r"(?:(?P<seq>[0-9]{1,15}):)?(?P<hash>[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Found:
    """Where a hash stands in the chain; `now` is what stands at its number instead, where a number was given."""

    books: str | None
    seq: int | None
    booked_at: int | None = None
    whole: bool = False
    now: str | None = None


def wish(change: Change, account: str, *, wished: bool) -> None:
    """Have an account told each day's closing hash from now on, or no longer."""
    change.tx.execute(delete(hash_wish).where(hash_wish.c.account == account))
    if wished:
        change.tx.execute(insert(hash_wish).values(account=account, since_at=change.now_ms))
    change.audit("wish_hashes", account, after=wished)


def is_wished(tx: Connection, account: str) -> bool:
    """Tell whether an account is told each day's closing hash."""
    return tx.execute(select(hash_wish.c.account).where(hash_wish.c.account == account)).first() is not None


def write_letters(change: Change, in_books: str, day: str, entry: int, digest: str) -> None:
    """Have the hash of a closed day told to every co-owner of these books who wishes it."""
    rows = change.tx.execute(
        select(web_account.c.id, web_account.c.party)
        .join(hash_wish, hash_wish.c.account == web_account.c.id)
        .where(web_account.c.party.is_not(None), web_account.c.disabled_at.is_(None))
        .order_by(web_account.c.id)
    ).all()
    if not rows:
        return
    parties = {party for agreement in agreements_of(change.tx, in_books) for party in parties_of(agreement)}
    letters = [
        {
            "id": new_id("hl"),
            "account": row.id,
            "books": in_books,
            "day": day,
            "entry": entry,
            "hash": digest,
            "made_at": change.now_ms,
        }
        for row in rows
        if row.party in parties
    ]
    if letters:
        change.tx.execute(insert(hash_letter), letters)


def waiting_letters(tx: Connection) -> list[dict[str, Any]]:
    """Return letters that nothing has sent yet, oldest first: id, account, books, day, entry, hash."""
    column = hash_letter.c
    query = select(column.id, column.account, column.books, column.day, column.entry, column.hash)
    oldest = query.where(column.taken_at.is_(None)).order_by(column.made_at, column.id).limit(LETTERS_SHOWN_MAX)
    return [dict(row) for row in tx.execute(oldest).mappings()]


def letters_of(tx: Connection, account: str, limit: int = 40) -> list[dict[str, Any]]:
    """Return an account's newest letters, whether they were sent or not: books, day, entry, hash."""
    column = hash_letter.c
    query = select(column.books, column.day, column.entry, column.hash).where(column.account == account)
    newest = query.order_by(column.made_at.desc(), column.day.desc(), column.id).limit(limit)
    return [dict(row) for row in tx.execute(newest).mappings()]


def note_taken(change: Change, letters: list[str]) -> None:
    """Note that these letters were sent; one that was sent before stays as it was."""
    waiting = hash_letter.c.id.in_(letters) & hash_letter.c.taken_at.is_(None)
    change.tx.execute(update(hash_letter).where(waiting).values(taken_at=change.now_ms))


def find_hash(tx: Connection, typed: str) -> Found:
    """Return where a hash that somebody kept stands (`HASH` or `NUMBER:HASH`); raise `InvalidError` for none."""
    match = _HASH.fullmatch("".join(typed.split()).lower())
    if match is None:
        raise InvalidError(
            Message("ce n'est pas une empreinte", "this is no hash"),
            cure=Message("collez ses 64 signes (0-9, a-f)", "paste its 64 characters (0-9, a-f)"),
        )
    entry, wanted = ledger_entry.c, None if match["seq"] is None else int(match["seq"])
    query = select(entry.books, entry.seq, entry.key, entry.booked_at).where(entry.hash == match["hash"])
    row = tx.execute(query if wanted is None else query.where(entry.seq == wanted)).first()
    if row is not None:
        held = entries_by_key(tx, BooksId(row.books), [row.key])[row.key]
        whole = entry_hash(held.draft, held.books, held.seq, held.previous) == held.hash
        return Found(row.books, row.seq, row.booked_at, whole)
    now = None if wanted is None else tx.execute(select(entry.hash).where(entry.seq == wanted)).scalar()
    return Found(None, wanted, now=now)
