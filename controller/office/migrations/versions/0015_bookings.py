"""Bookings: no machine looks at them, so far."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the tables; the same statements for both databases."""
    op.execute("ALTER TABLE machine ADD COLUMN bookings VARCHAR(10) DEFAULT 'ignore' NOT NULL")
    op.execute("ALTER TABLE machine ADD COLUMN no_show_s INTEGER DEFAULT 0 NOT NULL")
    op.execute(
        "CREATE TABLE booking ("
        "id VARCHAR(64) NOT NULL, machine VARCHAR(64) NOT NULL, member VARCHAR(64) NOT NULL,"
        " from_at BIGINT NOT NULL, until_at BIGINT NOT NULL, made_by VARCHAR(64) NOT NULL, made_at BIGINT NOT NULL,"
        " cancelled_at BIGINT, cancelled_by VARCHAR(64), PRIMARY KEY (id),"
        " FOREIGN KEY(machine) REFERENCES machine (id), FOREIGN KEY(member) REFERENCES member (id))"
    )
    op.execute("CREATE INDEX ix_booking_member ON booking (member)")
    op.execute("CREATE INDEX ix_booking_machine_until_at ON booking (machine, until_at)")
    op.execute(
        "CREATE TABLE booking_feed ("
        "machine VARCHAR(64) NOT NULL, body TEXT NOT NULL, read_at BIGINT NOT NULL, trouble_fr TEXT NOT NULL,"
        " trouble_en TEXT NOT NULL, PRIMARY KEY (machine), FOREIGN KEY(machine) REFERENCES machine (id))"
    )
