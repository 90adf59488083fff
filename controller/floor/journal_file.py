"""The journal's one writing connection: seals facts into the chain, commits them, trims and forgets the old ones.

House rules: used by one thread; a fact is sealed once and written again as it is until a commit has succeeded, so a
failed write is never taken for a written one, whatever the disk made of it. What is open is kept in the same
transaction as the facts. Errors are SQLite's own: whoever calls decides whether to try again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from controller.domain.canonical import canonical
from controller.domain.chain import GENESIS_HASH, SALT_BYTES, SealedFact, broken_because, commitment_to
from controller.domain.codec import body_of, decode, fact_from
from controller.domain.facts import (
    BranchOpened,
    EndMoved,
    Fact,
    FaultRaised,
    HeadWitnessed,
    LessonMarked,
    SessionEnded,
    SessionOpened,
    Stamp,
    StartAbandoned,
    TapRefused,
    under_new_terms,
)
from controller.domain.ids import BranchId, ControllerId, SessionId
from controller.domain.reasons import Refusal
from controller.errors import DataError, Message
from controller.exchange.messages import LINEAGE_MAX
from controller.exchange.ports import Head
from controller.floor.disk import Disk
from controller.floor.journal_reading import SELECT_START, Row, sealed_from, wall_before
from controller.floor.store_file import connect_writer
from controller.floor.tables import INSERT_FACT, SELECT_FACT

TAIL_CHECKED = 64
"""Facts at the end whose chain is checked at each start: more than a torn last write can reach; `verify` does all."""

FAULTS_READ_MAX = 1_000
"""The newest faults that a start knows before a badge can be put anywhere: one a day at thirty machines. Older ones
follow when the exchange has read the whole journal.
"""

NEWEST_FACTS, NEWEST_READ_MAX = 5_000, 1_000
"""Among the last facts, and how many of them, a start looks for lessons, who came and where somebody looked: days of a
busy place, read in some ten milliseconds. A machine at which nobody was for longer is looked at once more.
"""

WITNESSED_READ_MAX = 100
"""The newest witnessed heads that are looked at for each books' last: one controller serves a few books."""

_SELECT_OPEN = f"{SELECT_FACT} WHERE n IN (SELECT n FROM open_use) ORDER BY n"  # noqa: S608 - our own constants
_SELECT_MOVED = f"""{SELECT_FACT} WHERE n > (SELECT min(n) FROM open_use) AND kind = '{EndMoved.KIND}' ORDER BY n"""  # noqa: S608
_SELECT_NEWEST = f"""{SELECT_FACT} WHERE n > (SELECT max(n) FROM fact) - {NEWEST_FACTS} AND body IS NOT NULL
    AND (kind IN ('{SessionOpened.KIND}', '{SessionEnded.KIND}', '{LessonMarked.KIND}')
         OR kind = '{TapRefused.KIND}' AND body LIKE '%"{Refusal.POWER_WAS_LOST.value}"%')
    ORDER BY n DESC LIMIT {NEWEST_READ_MAX}"""  # noqa: S608
_INSERT_AGAIN = INSERT_FACT.replace("INSERT INTO", "INSERT OR REPLACE INTO", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a journal held when it was opened: open uses with their terms as they stood, and how much of their time is
    overtime. `first_stamp` is that of the very first fact, null once that was forgotten; `newest` are the last facts of
    the kinds from which a program that starts anew remembers more than open uses.
    """

    head: Head
    open_sessions: tuple[SessionOpened, ...]
    overtime_s: dict[SessionId, int]
    first_stamp: Stamp | None
    last_stamp: Stamp | None
    last_wall_ms: int | None
    witnessed: tuple[HeadWitnessed, ...]
    faults: tuple[tuple[int, BranchId, FaultRaised], ...]
    newest: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Chained:
    """A fact in its place of the chain, with its hash and its body's text: each is worked out once."""

    sealed: SealedFact
    hash: str
    text: str


def seal(fact: Fact, *, controller: ControllerId, branch: BranchId, after: Head, salt: str) -> Chained:
    """Name, commit and chain a fact after `after`."""
    body = body_of(fact)
    text = canonical(body)
    sealed = SealedFact(
        controller=controller,
        branch=branch,
        n=after.n + 1,
        kind=fact.KIND,
        schema=fact.SCHEMA,
        prev=after.hash,
        commitment=commitment_to(salt, text),
        salt=salt,
        body=body,
    )
    return Chained(sealed, sealed.hash, text.decode())


class JournalFile:
    """The open file. `head` is the last fact that is known to be on disk."""

    def __init__(self, path: Path, controller: ControllerId, disk: Disk, random_bytes: Callable[[int], bytes]) -> None:
        """Open a prepared file; raise `DataError` if it is another controller's, `sqlite3.DatabaseError`
        if its tail is broken.
        """
        self.path = path
        self._controller = controller
        self._disk = disk
        self._random_bytes = random_bytes
        self._connection = connect_writer(path)
        try:
            self._claim_for(controller)
            self.head = self._read_head()
            self._check_tail()
        except BaseException:
            self._connection.close()
            raise

    def held(self) -> Held:
        """Read what the last start left: open uses in order, the newest stamp and date, each books' last head."""
        rows = self._connection.execute(_SELECT_OPEN)
        opened = [fact for row in rows if isinstance(fact := self._fact(row), SessionOpened)]
        moved = self._moved()
        first = self._connection.execute("SELECT body FROM fact WHERE n = 1 AND body IS NOT NULL").fetchone()
        stamp = self._connection.execute(
            "SELECT body FROM fact WHERE body IS NOT NULL ORDER BY n DESC LIMIT 1"
        ).fetchone()
        wall = self._connection.execute(
            "SELECT wall_ms FROM fact WHERE wall_ms IS NOT NULL ORDER BY n DESC LIMIT 1"
        ).fetchone()
        return Held(
            head=self.head,
            open_sessions=tuple(
                under_new_terms(fact, moved[fact.session]) if fact.session in moved else fact for fact in opened
            ),
            overtime_s={session: fact.overtime_s for session, fact in moved.items()},
            first_stamp=None if first is None else _stamp_in(first[0]),
            last_stamp=None if stamp is None else _stamp_in(stamp[0]),
            last_wall_ms=None if wall is None else wall[0],
            witnessed=self._witnessed(),
            faults=self._faults(),
            newest=self._newest(),
        )

    def seal_all(self, facts: Sequence[Fact], branch: BranchId) -> tuple[Chained, ...]:
        """Seal facts one after the other behind the head; nothing is written yet."""
        after, links = self.head, []
        for fact in facts:
            salt = self._random_bytes(SALT_BYTES).hex()
            link = seal(fact, controller=self._controller, branch=branch, after=after, salt=salt)
            links.append(link)
            after = Head(branch, link.sealed.n, link.hash)
        return tuple(links)

    def write(self, facts: Sequence[Fact], links: Sequence[Chained], *, again: bool = False) -> None:
        """Commit sealed facts in one transaction; with `again`, over whatever a failed attempt may have left."""
        insert = _INSERT_AGAIN if again else INSERT_FACT
        rows = [_row(fact, link) for fact, link in zip(facts, links, strict=True)]
        with _Transaction(self._connection, self._disk):
            if again:
                self._refuse_fork(links[0].sealed.n, links[0].hash)
            self._connection.executemany(insert, rows)
            for fact, link in zip(facts, links, strict=True):
                self._keep_up(fact, link.sealed)
        self.head = Head(links[-1].sealed.branch, links[-1].sealed.n, links[-1].hash)

    def reopen(self) -> None:
        """Take a new connection after a failure: SQLite's promise after an I/O error ends with the old one."""
        self._connection.close()
        self._connection = connect_writer(self.path)

    def used_bytes(self) -> int:
        """Give what the facts take, free pages left out."""
        pages, free, size = (
            int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def checkpoint(self) -> None:
        """Copy the write-ahead log into the file, as far as readers allow; never waits for them."""
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def trim(self, up_to_n: int, before_wall_ms: int | None, rows_max: int) -> bool:
        """Drop at most `rows_max` of the oldest facts up to `up_to_n`, leaving number and hash of the last one.

        With `before_wall_ms`, only facts before the first one of that date or later. The head and everything from the
        oldest open use on stay. Says whether more is left to do.
        """
        last = self._prefix(up_to_n, before_wall_ms)
        first = self._connection.execute("SELECT min(n) FROM fact").fetchone()[0]
        if first is None or first > last:
            return False
        stop = min(last, first + rows_max - 1)
        with _Transaction(self._connection, self._disk):
            branch, digest = self._connection.execute("SELECT branch, hash FROM fact WHERE n = ?", (stop,)).fetchone()
            self._connection.execute("DELETE FROM fact WHERE n <= ?", (stop,))
            self._connection.execute(
                "DELETE FROM branch WHERE branch NOT IN (SELECT branch FROM fact)"
                " AND first_n NOT IN (SELECT first_n FROM branch ORDER BY first_n DESC LIMIT ?)",
                (LINEAGE_MAX,),
            )
            self._connection.execute("UPDATE chain_start SET n = ?, branch = ?, hash = ?", (stop, branch, digest))
        return bool(stop < last)

    def forget(self, before_wall_ms: int, up_to_n: int, rows_max: int) -> bool:
        """Delete salt, body and date of at most `rows_max` facts older than `before_wall_ms`; the chain still verifies.

        The same limits as for `trim` hold. Says whether more is left to do.
        """
        last = self._prefix(up_to_n, before_wall_ms)
        with _Transaction(self._connection, self._disk):
            done = self._connection.execute(
                "UPDATE fact SET salt = NULL, body = NULL, wall_ms = NULL WHERE n IN"
                " (SELECT n FROM fact WHERE n <= ? AND body IS NOT NULL ORDER BY n LIMIT ?)",
                (last, rows_max),
            ).rowcount
        return done == rows_max

    def close(self) -> None:
        """Close the connection, which also checkpoints when no reader is left."""
        self._connection.close()

    def _moved(self) -> dict[SessionId, EndMoved]:
        """Return the newest terms of every use whose end was moved since the oldest open one began."""
        facts = [self._fact(row) for row in self._connection.execute(_SELECT_MOVED)]
        return {fact.session: fact for fact in facts if isinstance(fact, EndMoved)}

    def _fact(self, row: Row) -> Fact:
        return _fact_of(sealed_from(row, self._controller))

    def _keep_up(self, fact: Fact, link: SealedFact) -> None:
        """Keep branches and open uses in step with the facts."""
        match fact:
            case BranchOpened():
                self._connection.execute(
                    "INSERT OR REPLACE INTO branch (first_n, branch, parent_branch, parent_hash) VALUES (?, ?, ?, ?)",
                    (link.n, link.branch, fact.parent_branch, fact.parent_hash),
                )
            case SessionOpened():
                self._connection.execute(
                    "INSERT OR REPLACE INTO open_use (session, n) VALUES (?, ?)", (fact.session, link.n)
                )
            case SessionEnded() | StartAbandoned():
                self._connection.execute("DELETE FROM open_use WHERE session = ?", (fact.session,))
            case _:
                pass

    def _claim_for(self, controller: ControllerId) -> None:
        row = self._connection.execute("SELECT controller FROM chain_start").fetchone()
        if row is None:
            self._connection.execute(
                "INSERT INTO chain_start (controller, n, hash) VALUES (?, 0, ?)", (controller, GENESIS_HASH)
            )
        elif row[0] != controller:
            raise DataError(
                Message(
                    f"{self.path} n'est pas le journal de ce contrôleur",
                    f"{self.path} is not this controller's journal",
                ),
                why=Message(
                    f"c'est celui de {row[0]}, et les réglages disent {controller}",
                    f"it is that of {row[0]}, and the settings say {controller}",
                ),
                cure=Message("corrigez [controller] id ou state_dir", "correct [controller] id or state_dir"),
            )

    def _read_head(self) -> Head:
        row = self._connection.execute("SELECT branch, n, hash FROM fact ORDER BY n DESC LIMIT 1").fetchone()
        return Head(*(row or self._connection.execute(SELECT_START).fetchone()))

    def _check_tail(self) -> None:
        rows: list[Row] = self._connection.execute(f"{SELECT_FACT} ORDER BY n DESC LIMIT {TAIL_CHECKED}").fetchall()
        previous = None
        for row in reversed(rows):
            link = sealed_from(row, self._controller)
            broken = broken_because(link, previous)
            if broken is None and link.hash != row[6]:
                broken = "its hash is not that of its header"
            if broken is not None:
                raise sqlite3.DatabaseError(f"fact {link.n}: {broken}")
            previous = link.hash

    def _witnessed(self) -> tuple[HeadWitnessed, ...]:
        rows = self._connection.execute(
            f"{SELECT_FACT} WHERE kind = 'head_witnessed' ORDER BY n DESC LIMIT {WITNESSED_READ_MAX}"
        )
        newest: dict[str, HeadWitnessed] = {}
        for row in rows:
            if row[9] is not None:
                fact = _fact_of(sealed_from(row, self._controller))
                if isinstance(fact, HeadWitnessed):
                    newest.setdefault(fact.books, fact)
        return tuple(newest.values())

    def _faults(self) -> tuple[tuple[int, BranchId, FaultRaised], ...]:
        rows = self._connection.execute(
            f"{SELECT_FACT} WHERE kind = 'fault_raised' ORDER BY n DESC LIMIT {FAULTS_READ_MAX}"
        )
        links = [sealed_from(row, self._controller) for row in rows]
        read = [(link.n, link.branch, _fact_of(link)) for link in reversed(links) if link.body is not None]
        return tuple((n, branch, fact) for n, branch, fact in read if isinstance(fact, FaultRaised))

    def _newest(self) -> tuple[Fact, ...]:
        """Return them in their order; one that cannot be read, of a newer version or damaged, is left to the office and
        to `verify`: no start waits for it.
        """
        newest: list[Fact] = []
        for row in self._connection.execute(_SELECT_NEWEST):
            with suppress(DataError, sqlite3.DatabaseError):
                newest.append(self._fact(row))
        return tuple(reversed(newest))

    def _prefix(self, up_to_n: int, before_wall_ms: int | None) -> int:
        """Return the last n that may go."""
        oldest_open = self._connection.execute("SELECT min(n) FROM open_use").fetchone()[0]
        kept_from = [self.head.n] if oldest_open is None else [self.head.n, oldest_open]
        last = min(up_to_n, min(kept_from) - 1)
        return last if before_wall_ms is None else min(last, wall_before(self._connection, before_wall_ms))

    def _refuse_fork(self, n: int, digest: str) -> None:
        row = self._connection.execute("SELECT hash FROM fact WHERE n = ?", (n,)).fetchone()
        if row is not None and row[0] != digest:
            raise sqlite3.DatabaseError(f"fact {n} was written by somebody else")


class _Transaction:
    """One transaction: committed at the end of the block, rolled back when the block or the commit fails."""

    def __init__(self, connection: sqlite3.Connection, disk: Disk) -> None:
        self._connection = connection
        self._disk = disk

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._disk.before_commit()
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _stamp_in(body: str) -> Stamp:
    try:
        return decode(Stamp, json.loads(body)["at"], "at")
    except (ValueError, KeyError, TypeError) as error:
        raise sqlite3.DatabaseError("the newest fact has no readable date") from error


def _row(fact: Fact, link: Chained) -> tuple[object, ...]:
    one = link.sealed
    chained = (one.n, one.branch, one.kind, one.schema, one.prev, one.commitment, link.hash)
    return (*chained, fact.at.wall_ms, one.salt, link.text)


def _fact_of(link: SealedFact) -> Fact:
    try:
        return fact_from(link.kind, link.schema, link.body)
    except ValueError as error:
        raise DataError(
            Message(f"le fait {link.n} du journal est illisible", f"fact {link.n} of the journal is unreadable"),
            why=Message(str(error), str(error)),
            cure=Message("mettez Indivis à jour", "upgrade Indivis"),
        ) from error
