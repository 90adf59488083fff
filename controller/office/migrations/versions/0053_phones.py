"""One-time links that open a member's own page on their phone: none so far."""

from __future__ import annotations

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; the same statement for both databases."""
    op.execute(
        "CREATE TABLE phone_link ("
        "hash VARCHAR(64) NOT NULL, member VARCHAR(64) NOT NULL, expires_at BIGINT NOT NULL, PRIMARY KEY (hash))"
    )
