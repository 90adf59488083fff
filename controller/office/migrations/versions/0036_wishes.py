"""Members to whom machines always sound, speak, or show big signs: none, so far."""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the same statements for both databases."""
    for name in ("always_sound", "spoken_messages", "larger_text"):
        op.execute(f"ALTER TABLE member ADD COLUMN {name} BOOLEAN DEFAULT false NOT NULL")
