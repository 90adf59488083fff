"""Whether a right that is taken away ends the use under way: at no machine so far."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the same statement for both databases."""
    op.execute("ALTER TABLE machine ADD COLUMN stop_on_revoked BOOLEAN DEFAULT false NOT NULL")
