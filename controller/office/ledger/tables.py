"""The ledger's tables.

House rules: entries, postings and heads are only ever inserted (`triggers` refuses the rest); balances and
wheels are caches of them, rebuilt by `check`. Postings are inserted before their entry, whose row seals them:
the deferred foreign key refuses, at commit, postings that were never sealed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.tables_base import metadata

HASH_LENGTH = 64
ACCOUNT_LENGTH = 2 * ID_LENGTH_MAX
KEY_LENGTH = 200

ledger_chain = Table(
    "ledger_chain",
    metadata,
    Column("books", String(ID_LENGTH_MAX), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(HASH_LENGTH), nullable=False),
    comment="The last entry of each books: the row that is locked while entries are appended. A cache.",
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("books", String(ID_LENGTH_MAX), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(KEY_LENGTH), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("fingerprint", String(HASH_LENGTH), nullable=False),
    Column("event_at", BigInteger, nullable=False),
    Column("booked_at", BigInteger, nullable=False),
    Column("machine", String(ID_LENGTH_MAX)),
    Column("reason", Text),
    Column("reverses", BigInteger),
    Column("details", Text, nullable=False),
    Column("legs", Integer, nullable=False),
    Column("previous", String(HASH_LENGTH), nullable=False),
    Column("hash", String(HASH_LENGTH), nullable=False),
    UniqueConstraint("books", "key", name="uq_ledger_entry_key"),
    CheckConstraint("seq > 0", name="ck_ledger_entry_seq"),
    sqlite_with_rowid=False,
    comment="One row per posted event; inserting it seals the postings of the same number.",
)

ledger_posting = Table(
    "ledger_posting",
    metadata,
    Column("books", String(ID_LENGTH_MAX), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("leg", Integer, primary_key=True, autoincrement=False),
    Column("account", String(ACCOUNT_LENGTH), nullable=False),
    Column("commodity", String(16), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("wheel_before", BigInteger),
    ForeignKeyConstraint(
        ["books", "seq"],
        ["ledger_entry.books", "ledger_entry.seq"],
        name="fk_ledger_posting_sealed",
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("ix_ledger_posting_account", "books", "account", "seq"),
    sqlite_with_rowid=False,
    comment="The legs of entries: debit positive, credit negative, in the smallest unit of the commodity.",
)

ledger_balance = Table(
    "ledger_balance",
    metadata,
    Column("books", String(ID_LENGTH_MAX), primary_key=True),
    Column("account", String(ACCOUNT_LENGTH), primary_key=True),
    Column("commodity", String(16), primary_key=True),
    Column("amount", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    comment="The sum of each account's postings: a cache.",
)

ledger_wheel = Table(
    "ledger_wheel",
    metadata,
    Column("books", String(ID_LENGTH_MAX), primary_key=True),
    Column("pool", String(ACCOUNT_LENGTH), primary_key=True),
    Column("position", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    comment="The net cents that each pool's wheel has turned by: a cache.",
)

ledger_lot = Table(
    "ledger_lot",
    metadata,
    Column("books", String(ID_LENGTH_MAX), primary_key=True),
    Column("lot", String(ID_LENGTH_MAX), primary_key=True),
    Column("account", String(ID_LENGTH_MAX), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("expires_at", BigInteger),
    Column("vat_point", String(10), nullable=False),
    Column("rate_bp", Integer, nullable=False),
    Column("opened_seq", BigInteger, nullable=False),
    Column("opened_cents", BigInteger, nullable=False),
    Column("left_cents", BigInteger, nullable=False),
    Column("vat_cents", BigInteger, nullable=False),
    Index("ix_ledger_lot_account", "books", "account"),
    sqlite_with_rowid=False,
    comment="Credit that is kept apart, by the top-up that opened it: a cache of what the entries move.",
)

ledger_pack = Table(
    "ledger_pack",
    metadata,
    Column("books", String(ID_LENGTH_MAX), primary_key=True),
    Column("pack", String(ID_LENGTH_MAX), primary_key=True),
    Column("account", String(ID_LENGTH_MAX), nullable=False),
    Column("plan", String(ID_LENGTH_MAX), nullable=False),
    Column("machines", Text, nullable=False),
    Column("from_at", BigInteger, nullable=False),
    Column("until_at", BigInteger),
    Column("vat_point", String(10), nullable=False),
    Column("rate_bp", Integer, nullable=False),
    Column("opened_seq", BigInteger, nullable=False),
    Column("opened_s", BigInteger, nullable=False),
    Column("opened_cents", BigInteger, nullable=False),
    Column("left_s", BigInteger, nullable=False),
    Column("left_cents", BigInteger, nullable=False),
    Column("vat_cents", BigInteger, nullable=False),
    Index("ix_ledger_pack_account", "books", "account"),
    sqlite_with_rowid=False,
    comment="Minutes that were sold or included, by the entry that opened them: a cache of what the entries move.",
)

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("books", String(ID_LENGTH_MAX), primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(HASH_LENGTH), nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("signature", String(128), nullable=False),
    sqlite_with_rowid=False,
    comment="Signed statements that the chain had this hash at this number.",
)
