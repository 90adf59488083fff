"""Every table of the office in one metadata: import `metadata` from here when all of them are meant."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from controller.office import accounts_tables, journal_tables, legal_tables, pack_tables
from controller.office.directory import booking_tables, group_tables
from controller.office.directory import tables as directory_tables
from controller.office.invoicing import tables as invoice_tables
from controller.office.ledger import tables as ledger_tables
from controller.office.messages import tables as message_tables
from controller.office.settlement import payout_tables, vote_tables, witness_tables
from controller.office.settlement import tables as settlement_tables
from controller.office.tables_base import HASH_LENGTH, metadata

office_meta = Table(
    "office_meta",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("value", String(HASH_LENGTH), nullable=False),
    comment="What the office knows of itself: its incarnation, new after each restore.",
)

__all__ = [
    "accounts_tables",
    "booking_tables",
    "directory_tables",
    "group_tables",
    "invoice_tables",
    "journal_tables",
    "ledger_tables",
    "legal_tables",
    "message_tables",
    "metadata",
    "office_meta",
    "pack_tables",
    "payout_tables",
    "settlement_tables",
    "vote_tables",
    "witness_tables",
]
