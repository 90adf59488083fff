"""Members to whom machines give longer to answer: none, so far."""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the same statement for both databases."""
    op.execute("ALTER TABLE member ADD COLUMN longer_windows BOOLEAN DEFAULT false NOT NULL")
