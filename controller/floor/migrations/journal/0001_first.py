"""The first tables of journal.db."""

from __future__ import annotations

from alembic import op

revision = "journal_1"
down_revision = None

STATEMENTS = (
    """
CREATE TABLE branch (
    first_n INTEGER NOT NULL,
    branch VARCHAR(64) NOT NULL,
    parent_branch VARCHAR(64),
    parent_hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (first_n)
)
    """,
    """
CREATE TABLE chain_start (
    controller VARCHAR(64) NOT NULL,
    n INTEGER NOT NULL,
    branch VARCHAR(64),
    hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (controller)
)
    """,
    """
CREATE TABLE fact (
    n INTEGER NOT NULL,
    branch VARCHAR(64) NOT NULL,
    kind VARCHAR(64) NOT NULL,
    schema INTEGER NOT NULL,
    prev VARCHAR(64) NOT NULL,
    commitment VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    wall_ms INTEGER,
    salt VARCHAR(32),
    body TEXT,
    PRIMARY KEY (n),
    CONSTRAINT ck_fact_forgotten_whole CHECK ((salt IS NULL) = (body IS NULL))
)
    """,
    """
CREATE INDEX ix_fact_head_witnessed ON fact (n) WHERE kind = 'head_witnessed'
    """,
    """
CREATE TABLE open_use (
    session VARCHAR(129) NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (session)
)
 WITHOUT ROWID
    """,
)


def upgrade() -> None:
    """Make them all; a failure leaves none."""
    for statement in STATEMENTS:
        op.execute(statement)
