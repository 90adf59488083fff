"""What is left of the ceiling without the office as its silence lasts: one ceiling whatever the age, so far."""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the same statement for both databases."""
    op.execute("ALTER TABLE books ADD COLUMN offline_steps TEXT")
