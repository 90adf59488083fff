"""The tables of closing: expenses of agreements, closings as they were frozen, co-owners' disputes.

House rules: a closing's body is never changed; its hash stands in its entry of the ledger, so a changed one is found
(`indivis ledger check`). An expense that a closing took is never changed either.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.tables_base import HASH_LENGTH, NAME_LENGTH, TEXT_LENGTH, id_column, instant_column, metadata

PERIOD_LENGTH = 10

agreement_expense = Table(
    "agreement_expense",
    metadata,
    id_column("id", key=True),
    Column("agreement", ForeignKey("agreement.id"), nullable=False),
    Column("body", Text, nullable=False),
    Column("note", String(TEXT_LENGTH), nullable=False),
    instant_column("spent_at"),
    Column("made_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("made_at"),
    instant_column("cancelled_at", optional=True),
    Column("closing", String(PERIOD_LENGTH)),
    Index("ix_agreement_expense_agreement", "agreement", "closing"),
    comment="What was paid for goods held together; `closing` is the period whose closing took it.",
)

agreement_closing = Table(
    "agreement_closing",
    metadata,
    Column("agreement", ForeignKey("agreement.id"), primary_key=True),
    Column("period", String(PERIOD_LENGTH), primary_key=True),
    instant_column("to_at"),
    Column("up_to_seq", BigInteger, nullable=False),
    Column("entry", BigInteger, nullable=False),
    Column("hash", String(HASH_LENGTH), nullable=False),
    Column("body", Text, nullable=False),
    Column("closed_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("closed_at"),
    comment="Final closings of agreements: the entry that holds each, its hash, and all that its statements say.",
)

owner_dispute = Table(
    "owner_dispute",
    metadata,
    id_column("id", key=True),
    Column("agreement", ForeignKey("agreement.id"), nullable=False, index=True),
    Column("period", String(PERIOD_LENGTH), nullable=False),
    Column("party", String(NAME_LENGTH), nullable=False),
    Column("claim", String(TEXT_LENGTH), nullable=False),
    Column("made_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("made_at"),
    Column("answer", String(TEXT_LENGTH)),
    Column("settled_by", String(ID_LENGTH_MAX)),
    instant_column("settled_at", optional=True),
    comment="What a co-owner says is wrong with a period, dated, and what was answered.",
)

share_transfer = Table(
    "share_transfer",
    metadata,
    Column("agreement", ForeignKey("agreement.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("seller", String(NAME_LENGTH), nullable=False),
    Column("buyer", String(NAME_LENGTH), nullable=False),
    Column("part", String(40), nullable=False),
    Column("day", String(PERIOD_LENGTH), nullable=False),
    Column("notified_on", String(PERIOD_LENGTH)),
    Column("note", String(TEXT_LENGTH), nullable=False),
    Column("made_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("made_at"),
    comment="Sales of shares: the version that begins with each, and when the other co-owners were told.",
)
