"""The tables of what is compared with the world outside: counted money, and hashes that co-owners keep."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.settlement.tables import PERIOD_LENGTH
from controller.office.tables_base import HASH_LENGTH, id_column, instant_column, metadata

till_count = Table(
    "till_count",
    metadata,
    id_column("books", key=True),
    Column("period", String(PERIOD_LENGTH), primary_key=True),
    Column("means", String(20), primary_key=True),
    Column("cents", BigInteger, nullable=False),
    Column("typed_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("typed_at"),
    comment="What till and bank say came in by each means of payment in a month, as a person typed it.",
)

hash_wish = Table(
    "hash_wish",
    metadata,
    id_column("account", key=True),
    instant_column("since_at"),
    comment="Accounts of co-owners who wish each day's closing hash.",
)

hash_letter = Table(
    "hash_letter",
    metadata,
    id_column("id", key=True),
    id_column("account"),
    id_column("books"),
    Column("day", String(PERIOD_LENGTH), nullable=False),
    Column("entry", BigInteger, nullable=False),
    Column("hash", String(HASH_LENGTH), nullable=False),
    instant_column("made_at"),
    instant_column("taken_at", optional=True),
    Index("ix_hash_letter_account", "account", "made_at"),
    comment="Closing hashes that wait to be sent to who wished them; `taken_at` once something has sent them.",
)
