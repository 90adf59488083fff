"""The tables of messages: who wishes which, and the queue of what is to be told.

House rules: an address is sealed by the vault. The queue holds ids of people, names of machines and amounts, never a
person's name; a row stays a month after it was told, so that the same thing is not told twice.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from controller.office.tables_base import TEXT_LENGTH, instant_column, metadata

KEY_LENGTH = 200

message_wish = Table(
    "message_wish",
    metadata,
    Column("account", ForeignKey("web_account.id"), primary_key=True),
    Column("email", Text),
    Column("ntfy", Text),
    Column("subjects", String(TEXT_LENGTH), nullable=False),
    instant_column("set_at"),
    comment="Who asked to be told of what (words with spaces between), at which sealed addresses.",
)

message_out = Table(
    "message_out",
    metadata,
    Column("account", ForeignKey("web_account.id"), primary_key=True),
    Column("channel", String(10), primary_key=True),
    Column("key", String(KEY_LENGTH), primary_key=True),
    Column("subject", String(20), nullable=False),
    Column("about", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("tries", Integer, nullable=False),
    instant_column("created_at"),
    instant_column("next_at"),
    instant_column("until_at"),
    Index("ix_message_out_state", "state", "next_at"),
    comment="Messages: waiting, sent or given_up; `key` names what happened, which is told once a person and channel.",
)
