"""What a controller must remember of its conversation with the office."""

from __future__ import annotations

from alembic import op

revision = "replica_2"
down_revision = "replica_1"

STATEMENTS = (
    """
CREATE TABLE exchange_state (
    id INTEGER NOT NULL,
    standing VARCHAR(64) NOT NULL,
    stopped_version VARCHAR(64),
    PRIMARY KEY (id),
    CONSTRAINT ck_exchange_state_one_row CHECK (id = 1)
)
    """,
    """
INSERT INTO exchange_state (id, standing) VALUES (1, 'open')
    """,
)


def upgrade() -> None:
    """Make it; a failure leaves nothing."""
    for statement in STATEMENTS:
        op.execute(statement)
