"""Who may give a training at a machine: nobody so far, and no machine takes such a word."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the same statements for both databases."""
    op.execute("ALTER TABLE machine ADD COLUMN on_the_spot VARCHAR(12) DEFAULT 'no' NOT NULL")
    op.execute("ALTER TABLE training_grant ADD COLUMN may_train BOOLEAN DEFAULT false NOT NULL")
