"""The table of plans: packs of minutes that are sold, and minutes that a membership includes each month."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.tables_base import instant_column, metadata

pack_plan = Table(
    "pack_plan",
    metadata,
    Column("id", String(ID_LENGTH_MAX), primary_key=True),
    Column("books", ForeignKey("books.id"), nullable=False),
    Column("name", String(120), nullable=False),
    Column("seconds", BigInteger, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("machines", Text, nullable=False),
    Column("days", Integer),
    Column("audience", String(24), nullable=False),
    Column("period", String(10), nullable=False),
    Column("carried", Integer, nullable=False),
    Column("vat_point", String(10)),
    instant_column("from_at"),
    Column("ended_at", BigInteger),
    comment="Minutes that are sold, or included each month for an audience; what was sold keeps its own terms.",
)
