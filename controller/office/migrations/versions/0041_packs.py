"""Packs of minutes: a cache beside the lots, and plans that say what is sold or included."""

from __future__ import annotations

from alembic import op

revision = "0041"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the same statements for both databases, but for SQLite's WITHOUT ROWID."""
    end = ") WITHOUT ROWID" if op.get_bind().dialect.name == "sqlite" else ")"
    op.execute(
        "CREATE TABLE ledger_pack ("
        "books VARCHAR(64) NOT NULL, pack VARCHAR(64) NOT NULL, account VARCHAR(64) NOT NULL,"
        " plan VARCHAR(64) NOT NULL, machines TEXT NOT NULL, from_at BIGINT NOT NULL, until_at BIGINT,"
        " vat_point VARCHAR(10) NOT NULL, rate_bp INTEGER NOT NULL, opened_seq BIGINT NOT NULL,"
        " opened_s BIGINT NOT NULL, opened_cents BIGINT NOT NULL, left_s BIGINT NOT NULL,"
        f" left_cents BIGINT NOT NULL, vat_cents BIGINT NOT NULL, PRIMARY KEY (books, pack){end}"
    )
    op.execute("CREATE INDEX ix_ledger_pack_account ON ledger_pack (books, account)")
    op.execute(
        "CREATE TABLE pack_plan ("
        "id VARCHAR(64) NOT NULL, books VARCHAR(64) NOT NULL, name VARCHAR(120) NOT NULL, seconds BIGINT NOT NULL,"
        " cents BIGINT NOT NULL, machines TEXT NOT NULL, days INTEGER, audience VARCHAR(24) NOT NULL,"
        " period VARCHAR(10) NOT NULL, carried INTEGER NOT NULL, vat_point VARCHAR(10),"
        " from_at BIGINT NOT NULL, ended_at BIGINT,"
        " PRIMARY KEY (id), FOREIGN KEY(books) REFERENCES books (id))"
    )
