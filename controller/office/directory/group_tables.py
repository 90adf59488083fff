"""Tables of classes: what a lesson is made of, the lessons, and the orders that pay for them. No pupil is in any."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.tables_base import NAME_LENGTH, id_column, instant_column, metadata

group_class = Table(
    "group_class",
    metadata,
    id_column("id", key=True),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("account", ForeignKey("account.id"), nullable=False, index=True),
    Column("trainers", Text, nullable=False),
    Column("machines", Text, nullable=False),
    instant_column("created_at"),
    comment="A class: who may begin its lessons, at which machines (JSON lists of ids), whose account pays.",
)

lesson = Table(
    "lesson",
    metadata,
    id_column("id", key=True),
    Column("group_class", ForeignKey("group_class.id"), nullable=False),
    instant_column("from_at"),
    instant_column("until_at"),
    Column("headcount", Integer, nullable=False),
    Column("made_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("cancelled_at", optional=True),
    instant_column("begun_at", optional=True),
    instant_column("over_at", optional=True),
    id_column("trainer", optional=True),
    UniqueConstraint("group_class", "from_at", name="ux_lesson_from"),
    comment="The lessons of a class, and when the floor saw them begin and end.",
)

purchase_order = Table(
    "purchase_order",
    metadata,
    id_column("id", key=True),
    Column("account", ForeignKey("account.id"), nullable=False),
    Column("number", String(NAME_LENGTH), nullable=False),
    Column("ceiling_cents", BigInteger, nullable=False),
    instant_column("from_at"),
    Column("made_by", String(ID_LENGTH_MAX), nullable=False),
    Column("warned_percent", Integer, nullable=False),
    Index("ix_purchase_order_account", "account", "from_at"),
    comment="What an organisation has ordered; the newest of an account is in force, the others are its history.",
)
