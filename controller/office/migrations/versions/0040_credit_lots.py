"""Lots of credit and dated settings: what credit there is stays plain, paid and without an end, and is in no lot."""

from __future__ import annotations

from alembic import op

revision = "0040"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the same statements for both databases, but for SQLite's WITHOUT ROWID."""
    end = ") WITHOUT ROWID" if op.get_bind().dialect.name == "sqlite" else ")"
    op.execute(
        "CREATE TABLE ledger_lot ("
        "books VARCHAR(64) NOT NULL, lot VARCHAR(64) NOT NULL, account VARCHAR(64) NOT NULL,"
        " kind VARCHAR(10) NOT NULL, expires_at BIGINT, vat_point VARCHAR(10) NOT NULL, rate_bp INTEGER NOT NULL,"
        " opened_seq BIGINT NOT NULL, opened_cents BIGINT NOT NULL, left_cents BIGINT NOT NULL,"
        f" vat_cents BIGINT NOT NULL, PRIMARY KEY (books, lot){end}"
    )
    op.execute("CREATE INDEX ix_ledger_lot_account ON ledger_lot (books, account)")
    op.execute(
        "CREATE TABLE legal_setting ("
        "books VARCHAR(64) NOT NULL, name VARCHAR(40) NOT NULL, from_day VARCHAR(10) NOT NULL, value BIGINT NOT NULL,"
        " set_by VARCHAR(64) NOT NULL, set_at BIGINT NOT NULL, PRIMARY KEY (books, name, from_day),"
        " FOREIGN KEY(books) REFERENCES books (id))"
    )
