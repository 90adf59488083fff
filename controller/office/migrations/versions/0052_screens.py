"""Screens at machines: none so far."""

from __future__ import annotations

from alembic import op

revision = "0052"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; the same statements for both databases."""
    op.execute(
        "CREATE TABLE screen ("
        "id VARCHAR(64) NOT NULL, machine VARCHAR(64) NOT NULL, hash VARCHAR(64) NOT NULL, label VARCHAR(120) NOT NULL,"
        " names BOOLEAN NOT NULL, created_at BIGINT NOT NULL, created_by VARCHAR(64) NOT NULL, seen_at BIGINT NOT NULL,"
        " ended_at BIGINT, PRIMARY KEY (id), UNIQUE (hash), FOREIGN KEY(machine) REFERENCES machine (id))"
    )
    op.execute("CREATE INDEX ix_screen_machine ON screen (machine)")
