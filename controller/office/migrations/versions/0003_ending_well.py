"""How a machine warns, extends and lets a job finish: every machine so far cut it, and none could be extended."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the same statements for both databases."""
    op.execute("ALTER TABLE machine ADD COLUMN finish_max_s INTEGER DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE machine ADD COLUMN extend_s INTEGER DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE machine ADD COLUMN extended_max_s INTEGER DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE machine ADD COLUMN warn_at_s VARCHAR(128)")
