"""Machines that somebody looks at before the first start after a power cut: none, so far."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the same statement for both databases."""
    op.execute("ALTER TABLE machine ADD COLUMN after_power_loss VARCHAR(12) DEFAULT 'ready' NOT NULL")
