"""What was counted in till and bank, and who wishes each day's closing hash: nothing so far."""

from __future__ import annotations

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the same statements for both databases."""
    op.execute(
        "CREATE TABLE till_count ("
        "books VARCHAR(64) NOT NULL, period VARCHAR(10) NOT NULL, means VARCHAR(20) NOT NULL, cents BIGINT NOT NULL,"
        " typed_by VARCHAR(64) NOT NULL, typed_at BIGINT NOT NULL, PRIMARY KEY (books, period, means))"
    )
    op.execute("CREATE TABLE hash_wish (account VARCHAR(64) NOT NULL, since_at BIGINT NOT NULL, PRIMARY KEY (account))")
    op.execute(
        "CREATE TABLE hash_letter ("
        "id VARCHAR(64) NOT NULL, account VARCHAR(64) NOT NULL, books VARCHAR(64) NOT NULL, day VARCHAR(10) NOT NULL,"
        " entry BIGINT NOT NULL, hash VARCHAR(64) NOT NULL, made_at BIGINT NOT NULL, taken_at BIGINT,"
        " PRIMARY KEY (id))"
    )
    op.execute("CREATE INDEX ix_hash_letter_account ON hash_letter (account, made_at)")
