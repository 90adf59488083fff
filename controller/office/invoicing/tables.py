"""The tables of invoices: what is said of the parties from a day on, the invoices, and which entry is on which."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, ForeignKeyConstraint, Integer, String, Table, Text

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.tables_base import HASH_LENGTH, TEXT_LENGTH, instant_column, metadata

invoice_word = Table(
    "invoice_word",
    metadata,
    Column("subject", String(ID_LENGTH_MAX), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("from_day", String(10), primary_key=True),
    Column("value", String(TEXT_LENGTH), nullable=False),
    Column("set_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("set_at"),
    comment="What invoices say of books and of organisations: address, SIRET, wordings of law; each from a day on.",
)

invoice = Table(
    "invoice",
    metadata,
    Column("books", ForeignKey("books.id"), primary_key=True),
    Column("series", String(10), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("account", ForeignKey("account.id"), nullable=False, index=True),
    Column("entry", BigInteger, nullable=False),
    Column("sha256", String(HASH_LENGTH), nullable=False),
    Column("body", Text, nullable=False),
    Column("issued_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("issued_at"),
    comment="Invoices and credit notes as they were issued; `entry` is the ledger's, which holds the body's hash.",
)

invoice_entry = Table(
    "invoice_entry",
    metadata,
    Column("books", String(ID_LENGTH_MAX), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("series", String(10), nullable=False),
    Column("number", Integer, nullable=False),
    ForeignKeyConstraint(["books", "series", "number"], ["invoice.books", "invoice.series", "invoice.number"]),
    comment="The entries that invoices took: each at most once.",
)
