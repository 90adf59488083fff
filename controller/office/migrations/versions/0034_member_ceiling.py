"""What one member may spend without the office: as much as their account, so far."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the same statement for both databases."""
    op.execute("ALTER TABLE books ADD COLUMN offline_member_ceiling_cents BIGINT")
