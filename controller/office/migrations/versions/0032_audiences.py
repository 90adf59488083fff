"""Whom prices take a member for: nobody in particular so far."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the same statement for both databases."""
    op.execute("ALTER TABLE member ADD COLUMN audience VARCHAR(64) DEFAULT '' NOT NULL")
