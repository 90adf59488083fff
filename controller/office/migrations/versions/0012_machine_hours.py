"""Counters of each machine that never go back, begun from the uses known, and what is to be done to it when."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the same statements for both databases."""
    op.execute(
        "CREATE TABLE machine_hours ("
        "machine VARCHAR(64) NOT NULL, powered_s BIGINT NOT NULL, busy_s BIGINT NOT NULL, uses INTEGER NOT NULL,"
        " energy_wh BIGINT NOT NULL, PRIMARY KEY (machine))"
    )
    op.execute(
        "INSERT INTO machine_hours (machine, powered_s, busy_s, uses, energy_wh)"
        " SELECT machine, SUM(seconds), 0, COUNT(*), 0 FROM session WHERE seconds IS NOT NULL GROUP BY machine"
    )
    op.execute(
        "CREATE TABLE maintenance_plan ("
        "machine VARCHAR(64) NOT NULL, id VARCHAR(64) NOT NULL, name VARCHAR(120) NOT NULL,"
        " measured VARCHAR(10) NOT NULL, every_s BIGINT, every_uses INTEGER, every_days INTEGER,"
        " done_at BIGINT NOT NULL, done_s BIGINT NOT NULL, done_uses INTEGER NOT NULL,"
        " PRIMARY KEY (machine, id), FOREIGN KEY(machine) REFERENCES machine (id))"
    )
