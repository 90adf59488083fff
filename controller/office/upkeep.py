"""What the office does by the clock: calendars that come nearer, credit that ends, the last backup's word, signed
heads.

House rules: called in turns by the thread that owns the exchange; each looks first whether anything is due and writes
nothing otherwise. What fails is told in the log and tried again at its next time; nothing else waits for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from controller import logs
from controller.domain.ids import BooksId
from controller.office import credit_sold, lots, packs
from controller.office.directory import bookings, groups, opening, rights
from controller.office.directory.tables import books
from controller.office.last_backup import BackupEar, note_backup
from controller.office.ledger.signing import last_head, sign_head
from controller.office.ledger.store import chain_end
from controller.office.settlement.books_closing import close_books, day_due

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from controller.office.office import Office

SIGN_EVERY_MS = 60_000
"""Heads that moved are signed this often: what a thief of the database could rewrite unseen is a minute long."""

HOURS_EVERY_MS = 3_600_000
"""How often it is looked whether opening hours or bookings of another day must come down; they reach far enough."""

DAYS_EVERY_MS = 600_000
"""How often it is looked whether a day of the books is to be closed: some minutes after the last controller spoke."""

DAY_WAIT_MS = 6 * 3_600_000
"""What a day waits where nothing else is set: its hash is there in the morning; what comes later is the next day's."""

_log = logs.get("office")


class Upkeep:
    """The chores of one office; `folder` is where its backups leave their word, and a day of the books waits
    `day_wait_ms` after midnight for controllers that were not heard.
    """

    def __init__(
        self, office: Office, chain_key: Ed25519PrivateKey, folder: Path | None, day_wait_ms: int = DAY_WAIT_MS
    ) -> None:
        self._office, self._chain_key, self._day_wait_ms = office, chain_key, day_wait_ms
        self._days_looked_at_ms: int | None = None
        self._backups = BackupEar(folder)
        self._signed_ms: int | None = None
        self._hours_looked_at_ms: int | None = None
        self._credit_looked_at_ms: int | None = None

    def look(self) -> None:
        """Do what is due now."""
        for chore in (self._tell_calendars, self._end_credit, self._note_backup, self._close_days, self._sign_heads):
            try:
                chore()
            except Exception:  # noqa: BLE001 (an odd booking must not keep a stop from its machine)
                _log.exception("a chore of the office failed", chore=chore.__name__.strip("_"))

    def _tell_calendars(self) -> None:
        """Write the opening hours of a new day, what comes nearer, and what was lost unused, once an hour."""
        now_ms = self._office.now_ms()
        if self._hours_looked_at_ms is not None and 0 <= now_ms - self._hours_looked_at_ms < HOURS_EVERY_MS:
            return
        self._hours_looked_at_ms = now_ms
        with self._office.store.read() as tx:
            due = opening.is_due(tx, now_ms) or rights.any_lost_unused(tx)
            due = due or bool(bookings.due(tx, now_ms) or groups.due(tx, now_ms))
        if due:
            with self._office.store.changing("exchange", now_ms) as change:
                opening.refresh(change)
                bookings.refresh(change)
                groups.refresh(change)
                rights.refresh_unused(change)

    def _end_credit(self) -> None:
        """End what credit and minutes are over, open included ones, and tell of books that sold much, once an hour."""
        now_ms = self._office.now_ms()
        if self._credit_looked_at_ms is not None and 0 <= now_ms - self._credit_looked_at_ms < HOURS_EVERY_MS:
            return
        self._credit_looked_at_ms = now_ms
        with self._office.store.read() as tx:
            due = lots.any_expired(tx, now_ms) or packs.any_due(tx, now_ms) or credit_sold.any_near(tx, now_ms)
        if due:
            with self._office.store.changing("exchange", now_ms) as change:
                lots.expire(change)
                packs.end(change)
                packs.include(change)
                credit_sold.give_notice(change)

    def _close_days(self) -> None:
        """Close the books' days that are over, and so tell their hashes to who wishes them."""
        now_ms = self._office.now_ms()
        if self._days_looked_at_ms is not None and 0 <= now_ms - self._days_looked_at_ms < DAYS_EVERY_MS:
            return
        self._days_looked_at_ms = now_ms
        with self._office.store.read() as tx:
            keys = tx.execute(select(books.c.id)).scalars().all()
            due = [(key, day) for key in keys if (day := day_due(tx, key, now_ms, self._day_wait_ms)) is not None]
        for key, day in due:
            with self._office.store.changing("exchange", now_ms) as change:
                close_books(change, key, "day", day, key=self._chain_key)

    def _note_backup(self) -> None:
        """Keep what the backup said of itself, if it said anything new."""
        backup = self._backups.news()
        if backup is not None:
            with self._office.store.changing("backup", self._office.now_ms()) as change:
                note_backup(change, backup)

    def _sign_heads(self) -> None:
        """Sign the head of each chain that moved, at least every minute."""
        now_ms = self._office.now_ms()
        if self._signed_ms is not None and 0 <= now_ms - self._signed_ms < SIGN_EVERY_MS:
            return
        self._signed_ms = now_ms
        with self._office.store.read() as tx:
            moved = [
                key
                for key in map(BooksId, tx.execute(select(books.c.id)).scalars())
                if chain_end(tx, key).seq > getattr(last_head(tx, key), "seq", 0)
            ]
        if moved:
            with self._office.store.write() as tx:
                for key in moved:
                    sign_head(tx, key, self._chain_key, now_ms)
