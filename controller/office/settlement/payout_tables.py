"""The tables of paying co-owners: bank accounts, runs with their files, payouts, and what is held back.

House rules: account numbers, and files that hold them, are sealed by the vault; the ledger alone says what was paid.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.tables_base import NAME_LENGTH, TEXT_LENGTH, id_column, instant_column, metadata

bank_account = Table(
    "bank_account",
    metadata,
    Column("holder", String(NAME_LENGTH + 10), primary_key=True),
    Column("sealed", Text),
    Column("changed_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("changed_at"),
    comment="Bank accounts of books (books:…) and of co-owners (party:…), sealed; erasing leaves the row without it.",
)

payout_run = Table(
    "payout_run",
    metadata,
    id_column("id", key=True),
    Column("agreement", ForeignKey("agreement.id"), nullable=False, index=True),
    Column("day", String(10), nullable=False),
    Column("sealed_file", Text, nullable=False),
    Column("made_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("made_at"),
    comment="Runs of payouts: the file that the bank takes, sealed, byte for byte as it was made.",
)

payout = Table(
    "payout",
    metadata,
    id_column("id", key=True),
    Column("agreement", ForeignKey("agreement.id"), nullable=False),
    Column("run", ForeignKey("payout_run.id")),
    Column("party", String(NAME_LENGTH), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("means", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("note", String(TEXT_LENGTH), nullable=False),
    Column("made_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("made_at"),
    Column("settled_by", String(ID_LENGTH_MAX)),
    instant_column("settled_at", optional=True),
    Index("ix_payout_agreement", "agreement", "made_at"),
    comment="What was paid to co-owners: sent, then paid or rejected; a rejected one is reversed in the ledger.",
)

payout_hold = Table(
    "payout_hold",
    metadata,
    Column("agreement", ForeignKey("agreement.id"), primary_key=True),
    Column("party", String(NAME_LENGTH), primary_key=True),
    Column("reason", String(TEXT_LENGTH), nullable=False),
    Column("made_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("made_at"),
    comment="Co-owners who are not paid for now, and why; the money stays theirs.",
)
