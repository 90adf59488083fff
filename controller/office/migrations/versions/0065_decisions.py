"""What co-owners decided by vote: nothing so far."""

from __future__ import annotations

from alembic import op

revision = "0065"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the same statements for both databases."""
    op.execute(
        "CREATE TABLE owner_decision ("
        "id VARCHAR(64) NOT NULL, agreement VARCHAR(64) NOT NULL, question VARCHAR(500) NOT NULL,"
        " majority VARCHAR(20) NOT NULL, body TEXT NOT NULL, state VARCHAR(10) NOT NULL, result TEXT,"
        " made_by VARCHAR(64) NOT NULL, made_at BIGINT NOT NULL, settled_by VARCHAR(64), settled_at BIGINT,"
        " PRIMARY KEY (id), FOREIGN KEY(agreement) REFERENCES agreement (id))"
    )
    op.execute("CREATE INDEX ix_owner_decision_agreement ON owner_decision (agreement)")
    op.execute(
        "CREATE TABLE owner_ballot ("
        "decision VARCHAR(64) NOT NULL, party VARCHAR(120) NOT NULL, choice VARCHAR(10) NOT NULL,"
        " cast_by VARCHAR(64) NOT NULL, cast_at BIGINT NOT NULL,"
        " PRIMARY KEY (decision, party), FOREIGN KEY(decision) REFERENCES owner_decision (id))"
    )
