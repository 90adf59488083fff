"""A step that changes data."""

from alembic import op

revision = "0001"
down_revision = "0000"


def upgrade() -> None:
    """Add to the treasure."""
    op.execute("UPDATE treasure SET gold = gold + 1")
