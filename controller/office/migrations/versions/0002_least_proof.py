"""What a machine asks of a badge: every machine so far took a number."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the same statement for both databases."""
    op.execute("ALTER TABLE machine ADD COLUMN least_proof VARCHAR(16) DEFAULT 'number' NOT NULL")
