"""The office's database: one writer at a time, readers apart, the same on SQLite and PostgreSQL.

House rules: SQLite in WAL with synchronous FULL; only the one writer connection writes and checkpoints.
Nothing outside this module, `migrations` and `ledger.triggers` knows which database it is. Services take a
`Change` and never commit: the `write()` block does, or takes everything back.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from controller.domain.canonical import Json, canonical
from controller.errors import DataError, Message, OperatingError, ProgrammerError, UserError, reason_of
from controller.office.directory.tables import alarm, audit
from controller.office.migrations import migrate
from controller.office.tables import office_meta

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITER_WAIT_S = 30.0
"""How long a writer waits for its turn: the longest transaction is a batch of an import. After that the
caller is told to try again; nothing was changed.
"""
BUSY_TIMEOUT_MS = 5_000
"""How long SQLite waits for another process (a backup, `indivis admin`) before it says that the file is busy.
"""

READERS = 8
"""Reader connections: more requests at a time than this wait for one, so that memory stays bounded."""

ID_BYTES = 6


def new_id(prefix: str) -> str:
    """Return a random id such as `m_1a2b3c4d5e6f`: it says nothing of whom or what it names."""
    return f"{prefix}_{secrets.token_hex(ID_BYTES)}"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: the transaction it belongs to, who asked for it (a random id or `system`), when (Unix ms)."""

    tx: Connection
    actor: str
    now_ms: int

    def audit(self, what: str, subject: str, before: Json = None, after: Json = None) -> None:
        """Note who changed what: ids and values, never a name or a badge."""
        self.tx.execute(
            insert(audit).values(
                at=self.now_ms,
                actor=self.actor,
                what=what,
                subject=subject,
                before=None if before is None else canonical(before).decode(),
                after=None if after is None else canonical(after).decode(),
            )
        )

    def alarm(self, kind: str, subject: str, detail: Json) -> None:
        """Raise what a person has to look at."""
        self.tx.execute(
            insert(alarm).values(
                id=new_id("al"),
                kind=kind,
                subject=subject,
                detail=canonical(detail).decode(),
                raised_at=self.now_ms,
            )
        )


class OfficeStore:
    """An open office database.

    Raises `DataError` for a file that is damaged or of a newer version, `OperatingError` when it cannot be
    opened.
    """

    def __init__(self, place: str | Path) -> None:
        """Open or create the database at a path or a SQLAlchemy URL, and bring its tables up to date."""
        self._turn = threading.Lock()
        self._turn_of: int | None = None
        self.path = None if "://" in str(place) else Path(place)
        try:
            url = make_url(f"sqlite:///{place}" if self.path is not None else str(place))
        except ArgumentError as error:
            raise _no_address(place) from error
        try:
            if self.path is not None:
                _begin_file(self.path)
            self._writer = _engine(url.render_as_string(hide_password=False), writer=True)
            migrate(self._writer, self.path)
            self._reader = _engine(url.render_as_string(hide_password=False), writer=False)
            with self.write() as tx:
                _begin_incarnation(tx)
        except OperationalError as error:
            raise OperatingError(
                Message(
                    f"la base {self._named(url)} ne s'ouvre pas",
                    f"the database {self._named(url)} does not open",
                ),
                why=reason_of(error.orig or error),
                cure=Message(
                    "vérifiez le dossier, ses droits et la place libre",
                    "check the folder, its permissions and the free space",
                ),
            ) from error
        except DatabaseError as error:
            raise DataError(
                Message(
                    f"la base {self._named(url)} est endommagée",
                    f"the database {self._named(url)} is damaged",
                ),
                why=reason_of(error.orig or error),
                cure=Message("restaurez une sauvegarde", "restore a backup"),
            ) from error
        except ArgumentError as error:
            raise _no_address(place) from error
        except ModuleNotFoundError as error:
            raise OperatingError(
                Message(
                    f"la base {self._named(url)} ne s'ouvre pas",
                    f"the database {self._named(url)} does not open",
                ),
                why=Message(f"il manque la bibliothèque {error.name}", f"the library {error.name} is missing"),
                cure=Message(
                    "donnez le chemin d'un fichier office.db, ou installez-la",
                    "give the path of an office.db file, or install it",
                ),
            ) from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield the one writing transaction; it is committed at the end, taken back by an exception."""
        if self._turn_of == threading.get_ident():
            raise ProgrammerError(Message("écriture dans une écriture", "a write within a write"))
        if not self._turn.acquire(timeout=WRITER_WAIT_S):
            raise OperatingError(
                Message("le bureau est occupé", "the office is busy"),
                cure=Message("réessayez dans un instant", "try again in a moment"),
            )
        self._turn_of = threading.get_ident()
        try:
            with self._writer.begin() as tx:
                yield tx
        finally:
            self._turn_of = None
            self._turn.release()

    @contextmanager
    def changing(self, actor: str, now_ms: int) -> Iterator[Change]:
        """Yield a `Change` in a writing transaction."""
        with self.write() as tx:
            yield Change(tx, actor, now_ms)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a transaction that sees one state of everything and cannot write."""
        with self._reader.connect() as connection, connection.begin():
            yield connection

    def incarnation(self) -> str:
        """Return the random id that the office has since its birth or its last restore."""
        with self.read() as tx:
            found: str = tx.execute(select(office_meta.c.value).where(office_meta.c.name == "incarnation")).scalar_one()
            return found

    def close(self) -> None:
        """Close every connection; the writer goes last and leaves a clean file."""
        self._reader.dispose()
        self._writer.dispose()

    def _named(self, url: Any) -> str:  # noqa: ANN401 - SQLAlchemy's URL
        return str(self.path) if self.path is not None else url.render_as_string(hide_password=True)


def _no_address(place: str | Path) -> UserError:
    scheme = str(place).partition("://")[0]  # the rest may hold a password
    return UserError(
        Message(f"« {scheme}://… » n'est pas l'adresse d'une base", f"'{scheme}://…' is no address of a database"),
        cure=Message("donnez le chemin d'un fichier office.db", "give the path of an office.db file"),
    )


def _begin_file(path: Path) -> None:
    """Make a new file under another name first, so that an empty one by this name is never of our making: such a file
    has lost what was in it, and is refused instead of being filled anew.
    """
    if path.exists():
        if path.stat().st_size:
            return
        raise DataError(
            Message(f"la base {path} est vide", f"the database {path} is empty"),
            why=Message("ce qu'elle contenait est perdu", "what was in it is lost"),
            cure=Message(
                "restaurez une sauvegarde, ou effacez ce fichier si rien n'a encore servi",
                "restore a backup, or delete this file if nothing was ever in use",
            ),
        )
    new = path.with_name(f"{path.name}.new")
    for old in (new, *(new.with_name(new.name + tail) for tail in ("-wal", "-shm"))):
        old.unlink(missing_ok=True)
    engine = _engine(f"sqlite:///{new}", writer=True)
    try:
        migrate(engine, new)
    finally:
        engine.dispose()
    new.replace(path)


def renew_incarnation(tx: Connection) -> str:
    """Take a new incarnation, as a restore from a backup must, and return it."""
    fresh = secrets.token_hex(16)
    tx.execute(update(office_meta).where(office_meta.c.name == "incarnation").values(value=fresh))
    return fresh


def _begin_incarnation(tx: Connection) -> None:
    if tx.execute(select(office_meta.c.value).where(office_meta.c.name == "incarnation")).first() is None:
        tx.execute(insert(office_meta).values(name="incarnation", value=secrets.token_hex(16)))


def _engine(url: str, *, writer: bool) -> Engine:
    if not url.startswith("sqlite"):
        isolation = "READ COMMITTED" if writer else "REPEATABLE READ"
        return create_engine(
            url,
            isolation_level=isolation,
            pool_size=1 if writer else READERS,
            max_overflow=0,
            hide_parameters=True,
            execution_options={"postgresql_readonly": not writer},
        )
    engine = create_engine(
        url,
        pool_size=1 if writer else READERS,
        max_overflow=0,
        pool_timeout=WRITER_WAIT_S,
        hide_parameters=True,  # an error's text goes to the log, and parameters may be names
        connect_args={"check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _settings(raw: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection
        raw.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        raw.execute("PRAGMA foreign_keys = ON")
        if writer:
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = FULL")
        else:
            raw.execute("PRAGMA query_only = ON")
            raw.execute("PRAGMA wal_autocheckpoint = 0")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine
