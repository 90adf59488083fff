"""Readings of machines' own counters, and current without a use: none so far."""

from __future__ import annotations

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the same statements for both databases."""
    op.execute(
        "CREATE TABLE stray_current ("
        "controller VARCHAR(64) NOT NULL, branch VARCHAR(64) NOT NULL, n BIGINT NOT NULL, machine VARCHAR(64) NOT NULL,"
        " power_w BIGINT NOT NULL, seen_at BIGINT NOT NULL, PRIMARY KEY (controller, branch, n))"
    )
    op.execute("CREATE INDEX ix_stray_current_machine ON stray_current (machine, seen_at)")
    op.execute(
        "CREATE TABLE counter_reading ("
        "machine VARCHAR(64) NOT NULL, read_at BIGINT NOT NULL, seconds BIGINT, energy_wh BIGINT,"
        " counts VARCHAR(10) NOT NULL, replaced INTEGER NOT NULL, read_by VARCHAR(64) NOT NULL,"
        " PRIMARY KEY (machine, read_at))"
    )
