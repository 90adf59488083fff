"""Trainings that need others, that are lost unused, and trainers who may be named: none so far."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the same statements for both databases."""
    op.execute("ALTER TABLE training ADD COLUMN needs TEXT DEFAULT '[]' NOT NULL")
    op.execute("ALTER TABLE training ADD COLUMN unused_max_days INTEGER")
    op.execute("ALTER TABLE training_grant ADD COLUMN may_be_named BOOLEAN DEFAULT false NOT NULL")
