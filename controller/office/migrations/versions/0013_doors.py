"""Doors and cupboards: everything is a machine, so far."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the same statement for both databases."""
    op.execute("ALTER TABLE machine ADD COLUMN pulse_s INTEGER DEFAULT 0 NOT NULL")
