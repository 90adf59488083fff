"""Extractors that go on with their machine and stay on after it: none, so far."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the same statements for both databases."""
    op.execute("ALTER TABLE machine ADD COLUMN extractor VARCHAR(64) DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE machine ADD COLUMN cool_down_s INTEGER DEFAULT 0 NOT NULL")
