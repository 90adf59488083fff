"""When a place is open: always, so far."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; the same statement for both databases."""
    op.execute(
        "CREATE TABLE opening_hours ("
        "site VARCHAR(64) NOT NULL, body TEXT NOT NULL, set_by VARCHAR(64) NOT NULL, set_at BIGINT NOT NULL,"
        " told_day VARCHAR(10) NOT NULL, PRIMARY KEY (site), FOREIGN KEY(site) REFERENCES site (id))"
    )
