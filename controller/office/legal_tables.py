"""The table of dated settings: what a law or an accountant may decide otherwise from one day on."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.tables_base import instant_column, metadata

legal_setting = Table(
    "legal_setting",
    metadata,
    Column("books", ForeignKey("books.id"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("from_day", String(10), primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("set_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("set_at"),
    comment="Thresholds and choices of law and accountancy, each from a day on; without a row the shipped value holds.",
)
