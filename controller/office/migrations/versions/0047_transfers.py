"""Shares that changed hands: none so far."""

from __future__ import annotations

from alembic import op

revision = "0047"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; the same statement for both databases."""
    op.execute(
        "CREATE TABLE share_transfer ("
        "agreement VARCHAR(64) NOT NULL, version INTEGER NOT NULL, seller VARCHAR(120) NOT NULL,"
        " buyer VARCHAR(120) NOT NULL, part VARCHAR(40) NOT NULL, day VARCHAR(10) NOT NULL, notified_on VARCHAR(10),"
        " note VARCHAR(500) NOT NULL, made_by VARCHAR(64) NOT NULL, made_at BIGINT NOT NULL,"
        " PRIMARY KEY (agreement, version), FOREIGN KEY(agreement) REFERENCES agreement (id))"
    )
