"""The tables of votes.

House rules: a settled decision and its ballots are never changed; the result is kept as it was counted.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, Text

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.tables_base import NAME_LENGTH, TEXT_LENGTH, id_column, instant_column, metadata

owner_decision = Table(
    "owner_decision",
    metadata,
    id_column("id", key=True),
    Column("agreement", ForeignKey("agreement.id"), nullable=False, index=True),
    Column("question", String(TEXT_LENGTH), nullable=False),
    Column("majority", String(20), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("result", Text),
    Column("made_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("made_at"),
    Column("settled_by", String(ID_LENGTH_MAX)),
    instant_column("settled_at", optional=True),
    comment="Versions that co-owners vote on: open, carried (then it is one) or lost, with the count.",
)

owner_ballot = Table(
    "owner_ballot",
    metadata,
    Column("decision", ForeignKey("owner_decision.id"), primary_key=True),
    Column("party", String(NAME_LENGTH), primary_key=True),
    Column("choice", String(10), nullable=False),
    Column("cast_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("cast_at"),
    comment="How each co-owner voted, and who wrote it down.",
)
