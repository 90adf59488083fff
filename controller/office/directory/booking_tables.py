"""Tables of who has booked which machine: our own calendar, and what was last read from the lab's booking tool."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.tables_base import id_column, instant_column, metadata

booking = Table(
    "booking",
    metadata,
    id_column("id", key=True),
    Column("machine", ForeignKey("machine.id"), nullable=False),
    Column("member", ForeignKey("member.id"), nullable=False, index=True),
    instant_column("from_at"),
    Column("until_at", BigInteger, nullable=False),
    Column("made_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("made_at"),
    instant_column("cancelled_at", optional=True),
    Column("cancelled_by", String(ID_LENGTH_MAX)),
    Index("ix_booking_machine_until_at", "machine", "until_at"),
    comment="Who has which machine from when until when; a cancelled one stays.",
)

booking_feed = Table(
    "booking_feed",
    metadata,
    Column("machine", ForeignKey("machine.id"), primary_key=True),
    Column("body", Text, nullable=False),
    instant_column("read_at"),
    Column("trouble_fr", Text, nullable=False),
    Column("trouble_en", Text, nullable=False),
    comment="What the lab's booking tool says of a machine, as canonical JSON [[member, from, until], ...], and what"
    " was wrong with it.",
)
