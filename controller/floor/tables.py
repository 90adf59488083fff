"""The tables of the controller's two files, and the SQL that is compiled from them once.

House rules: the tap and the journal run the texts made here, never SQLAlchemy itself; a change of a table comes with
a step in `migrations`, and a test holds the two together. Times are milliseconds, hashes 64 hex digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    select,
    text,
)
from sqlalchemy.dialects import sqlite

from controller.domain.ids import ID_LENGTH_MAX

if TYPE_CHECKING:
    from sqlalchemy.sql import ClauseElement

HASH_LENGTH = 64
KEY_LENGTH = 2 * ID_LENGTH_MAX + 1
"""A right's key is `member/training`, the longest there is."""

journal_metadata = MetaData()
replica_metadata = MetaData()

fact = Table(
    "fact",
    journal_metadata,
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("branch", String(ID_LENGTH_MAX), nullable=False),
    Column("kind", String(ID_LENGTH_MAX), nullable=False),
    Column("schema", Integer, nullable=False),
    Column("prev", String(HASH_LENGTH), nullable=False),
    Column("commitment", String(HASH_LENGTH), nullable=False),
    Column("hash", String(HASH_LENGTH), nullable=False),
    Column("wall_ms", Integer),
    Column("salt", String(32)),
    Column("body", Text),
    CheckConstraint("(salt IS NULL) = (body IS NULL)", name="ck_fact_forgotten_whole"),
    Index("ix_fact_head_witnessed", "n", sqlite_where=text("kind = 'head_witnessed'")),
    Index("ix_fact_fault_raised", "n", sqlite_where=text("kind = 'fault_raised'")),
    comment="What became true here, in order. Salt, body and date are forgotten together.",
)

chain_start = Table(
    "chain_start",
    journal_metadata,
    Column("controller", String(ID_LENGTH_MAX), primary_key=True),
    Column("n", Integer, nullable=False),
    Column("branch", String(ID_LENGTH_MAX)),
    Column("hash", String(HASH_LENGTH), nullable=False),
    comment="Whose journal this is, and the last fact that was trimmed: the first one kept follows it.",
)

open_use = Table(
    "open_use",
    journal_metadata,
    Column("session", String(KEY_LENGTH), primary_key=True),
    Column("n", Integer, nullable=False),
    sqlite_with_rowid=False,
    comment="Uses without an end, by the number of the fact that named them; kept in the facts' transactions.",
)

branch = Table(
    "branch",
    journal_metadata,
    Column("first_n", Integer, primary_key=True, autoincrement=False),
    Column("branch", String(ID_LENGTH_MAX), nullable=False),
    Column("parent_branch", String(ID_LENGTH_MAX)),
    Column("parent_hash", String(HASH_LENGTH), nullable=False),
    comment="Where each start began; it outlives the trimmed fact that said so.",
)

entry = Table(
    "entry",
    replica_metadata,
    Column("kind", String(ID_LENGTH_MAX), primary_key=True),
    Column("key", String(KEY_LENGTH), primary_key=True),
    Column("body", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    sqlite_with_rowid=False,
    comment="The directory as it came down; a tombstone takes its row away.",
)

contained = Table(
    "contained",
    replica_metadata,
    Column("branch", String(ID_LENGTH_MAX), primary_key=True),
    Column("n", Integer, nullable=False),
    sqlite_with_rowid=False,
    comment="The vector: up to which number of each branch everything is contained in this revision.",
)

replica_state = Table(
    "replica_state",
    replica_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("incarnation", String(ID_LENGTH_MAX)),
    Column("revision", Integer, nullable=False),
    Column("needs_upgrade", Text),
    Column("contact_boot_id", String(ID_LENGTH_MAX)),
    Column("contact_boot_ms", Integer),
    Column("contact_wall_ms", Integer),
    CheckConstraint("id = 1", name="ck_replica_state_one_row"),
    comment="One row: which state of the office this is, and when the office was last heard.",
)

exchange_state = Table(
    "exchange_state",
    replica_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("standing", String(ID_LENGTH_MAX), nullable=False),
    Column("stopped_version", String(ID_LENGTH_MAX)),
    CheckConstraint("id = 1", name="ck_exchange_state_one_row"),
    comment="One row: whether the office lets this card start anything, and which version met what it cannot read.",
)


def compiled(statement: ClauseElement) -> str:
    """Return the SQLite text of a statement, with `?` for each value in the order of its columns."""
    return str(statement.compile(dialect=sqlite.dialect()))


INSERT_FACT = compiled(insert(fact))
"""In the order n, branch, kind, schema, prev, commitment, hash, wall_ms, salt, body."""

SELECT_FACT = compiled(select(fact))
"""The same columns in the same order, of every fact; a reader adds which ones."""
