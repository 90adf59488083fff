"""The first tables of replica.db."""

from __future__ import annotations

from alembic import op

revision = "replica_1"
down_revision = None

STATEMENTS = (
    """
CREATE TABLE contained (
    branch VARCHAR(64) NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (branch)
)
 WITHOUT ROWID
    """,
    """
CREATE TABLE entry (
    kind VARCHAR(64) NOT NULL,
    "key" VARCHAR(129) NOT NULL,
    body TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (kind, "key")
)
 WITHOUT ROWID
    """,
    """
CREATE TABLE replica_state (
    id INTEGER NOT NULL,
    incarnation VARCHAR(64),
    revision INTEGER NOT NULL,
    needs_upgrade TEXT,
    contact_boot_id VARCHAR(64),
    contact_boot_ms INTEGER,
    contact_wall_ms INTEGER,
    PRIMARY KEY (id),
    CONSTRAINT ck_replica_state_one_row CHECK (id = 1)
)
    """,
    """
INSERT INTO replica_state (id, revision) VALUES (1, 0)
    """,
)


def upgrade() -> None:
    """Make them all; a failure leaves none."""
    for statement in STATEMENTS:
        op.execute(statement)
