"""Whether a machine may go from one person to the next without being switched off: none did, so far."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the same statement for both databases."""
    op.execute("ALTER TABLE machine ADD COLUMN hand_over VARCHAR(10) DEFAULT 'no' NOT NULL")
