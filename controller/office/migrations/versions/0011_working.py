"""When a machine works, what a use drew and how long it worked, how long a person has it a day: nobody said, so far."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the same statements for both databases."""
    op.execute("ALTER TABLE machine ADD COLUMN running_above_w INTEGER DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE machine ADD COLUMN running_below_w INTEGER DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE machine ADD COLUMN idle_end_s INTEGER DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE machine ADD COLUMN person_day_max_s INTEGER DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE session ADD COLUMN busy_s INTEGER")
    op.execute("ALTER TABLE session ADD COLUMN idle_s INTEGER")
    op.execute("ALTER TABLE session ADD COLUMN energy_wh BIGINT")
    op.execute(
        "CREATE TABLE metered_by_hand ("
        "session VARCHAR(64) NOT NULL, busy_s INTEGER NOT NULL, note VARCHAR(500) NOT NULL,"
        " set_by VARCHAR(64) NOT NULL, set_at BIGINT NOT NULL, PRIMARY KEY (session))"
    )
