"""Uses under a trainer's eyes: none so far, and none of them became a right."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the column; the same statements for both databases."""
    op.execute("ALTER TABLE training ADD COLUMN supervised_uses INTEGER DEFAULT 0 NOT NULL")
    op.execute(
        "CREATE TABLE supervised_use ("
        "session VARCHAR(64) NOT NULL, member VARCHAR(64) NOT NULL, training VARCHAR(64) NOT NULL,"
        " machine VARCHAR(64) NOT NULL, supervisor VARCHAR(64) NOT NULL, seen_at BIGINT NOT NULL,"
        " PRIMARY KEY (session, member, training), FOREIGN KEY(member) REFERENCES member (id),"
        " FOREIGN KEY(training) REFERENCES training (id))"
    )
    op.execute("CREATE INDEX ix_supervised_use_member ON supervised_use (member)")
