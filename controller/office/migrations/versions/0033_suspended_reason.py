"""Why somebody is suspended: said from now on."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the same statement for both databases."""
    op.execute("ALTER TABLE member ADD COLUMN suspended_reason VARCHAR(500)")
