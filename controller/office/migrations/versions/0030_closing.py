"""Expenses, closings and disputes of agreements: none so far."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the same statements for both databases."""
    op.execute(
        "CREATE TABLE agreement_expense ("
        "id VARCHAR(64) NOT NULL, agreement VARCHAR(64) NOT NULL, body TEXT NOT NULL, note VARCHAR(500) NOT NULL,"
        " spent_at BIGINT NOT NULL, made_by VARCHAR(64) NOT NULL, made_at BIGINT NOT NULL, cancelled_at BIGINT,"
        " closing VARCHAR(10), PRIMARY KEY (id), FOREIGN KEY(agreement) REFERENCES agreement (id))"
    )
    op.execute("CREATE INDEX ix_agreement_expense_agreement ON agreement_expense (agreement, closing)")
    op.execute(
        "CREATE TABLE agreement_closing ("
        "agreement VARCHAR(64) NOT NULL, period VARCHAR(10) NOT NULL, to_at BIGINT NOT NULL,"
        " up_to_seq BIGINT NOT NULL, entry BIGINT NOT NULL, hash VARCHAR(64) NOT NULL, body TEXT NOT NULL,"
        " closed_by VARCHAR(64) NOT NULL, closed_at BIGINT NOT NULL, PRIMARY KEY (agreement, period),"
        " FOREIGN KEY(agreement) REFERENCES agreement (id))"
    )
    op.execute(
        "CREATE TABLE owner_dispute ("
        "id VARCHAR(64) NOT NULL, agreement VARCHAR(64) NOT NULL, period VARCHAR(10) NOT NULL,"
        " party VARCHAR(120) NOT NULL, claim VARCHAR(500) NOT NULL, made_by VARCHAR(64) NOT NULL,"
        " made_at BIGINT NOT NULL, answer VARCHAR(500), settled_by VARCHAR(64), settled_at BIGINT,"
        " PRIMARY KEY (id), FOREIGN KEY(agreement) REFERENCES agreement (id))"
    )
    op.execute("CREATE INDEX ix_owner_dispute_agreement ON owner_dispute (agreement)")
