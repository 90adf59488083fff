"""How many machines one person may use at the same time: as many as they like, so far."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the same statement for both databases."""
    op.execute("ALTER TABLE machine ADD COLUMN uses_at_once_max INTEGER DEFAULT 0 NOT NULL")
