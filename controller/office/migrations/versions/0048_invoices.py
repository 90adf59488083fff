"""Invoices for organisations: none so far."""

from __future__ import annotations

from alembic import op

revision = "0048"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the same statements for both databases."""
    op.execute(
        "CREATE TABLE invoice_word ("
        "subject VARCHAR(64) NOT NULL, name VARCHAR(40) NOT NULL, from_day VARCHAR(10) NOT NULL,"
        " value VARCHAR(500) NOT NULL, set_by VARCHAR(64) NOT NULL, set_at BIGINT NOT NULL,"
        " PRIMARY KEY (subject, name, from_day))"
    )
    op.execute(
        "CREATE TABLE invoice ("
        "books VARCHAR(64) NOT NULL, series VARCHAR(10) NOT NULL, number INTEGER NOT NULL,"
        " account VARCHAR(64) NOT NULL, entry BIGINT NOT NULL, sha256 VARCHAR(64) NOT NULL, body TEXT NOT NULL,"
        " issued_by VARCHAR(64) NOT NULL, issued_at BIGINT NOT NULL, PRIMARY KEY (books, series, number),"
        " FOREIGN KEY(books) REFERENCES books (id), FOREIGN KEY(account) REFERENCES account (id))"
    )
    op.execute("CREATE INDEX ix_invoice_account ON invoice (account)")
    op.execute(
        "CREATE TABLE invoice_entry ("
        "books VARCHAR(64) NOT NULL, seq BIGINT NOT NULL, series VARCHAR(10) NOT NULL, number INTEGER NOT NULL,"
        " PRIMARY KEY (books, seq),"
        " FOREIGN KEY(books, series, number) REFERENCES invoice (books, series, number))"
    )
