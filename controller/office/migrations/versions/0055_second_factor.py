"""A second factor for accounts, and the browser of a session."""

from __future__ import annotations

from alembic import op

revision = "0055"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and the column; the same statements for both databases."""
    op.execute("ALTER TABLE web_session ADD COLUMN browser VARCHAR(120) DEFAULT '' NOT NULL")
    op.execute(
        "CREATE TABLE account_totp (account VARCHAR(64) NOT NULL, sealed VARCHAR(400) NOT NULL, "
        "begun_at BIGINT NOT NULL, confirmed_at BIGINT, step BIGINT NOT NULL, PRIMARY KEY (account), "
        "FOREIGN KEY(account) REFERENCES web_account (id))"
    )
    op.execute(
        "CREATE TABLE recovery_code (hash VARCHAR(64) NOT NULL, account VARCHAR(64) NOT NULL, PRIMARY KEY (hash), "
        "FOREIGN KEY(account) REFERENCES web_account (id))"
    )
    op.execute("CREATE INDEX ix_recovery_code_account ON recovery_code (account)")
