"""Classes, their lessons and the orders that pay for them: none so far."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the same statements for both databases."""
    op.execute(
        "CREATE TABLE group_class ("
        "id VARCHAR(64) NOT NULL, name VARCHAR(120) NOT NULL, account VARCHAR(64) NOT NULL, trainers TEXT NOT NULL,"
        " machines TEXT NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (id),"
        " FOREIGN KEY(account) REFERENCES account (id))"
    )
    op.execute("CREATE INDEX ix_group_class_account ON group_class (account)")
    op.execute(
        "CREATE TABLE lesson ("
        "id VARCHAR(64) NOT NULL, group_class VARCHAR(64) NOT NULL, from_at BIGINT NOT NULL, until_at BIGINT NOT NULL,"
        " headcount INTEGER NOT NULL, made_by VARCHAR(64) NOT NULL, cancelled_at BIGINT, begun_at BIGINT,"
        " over_at BIGINT, trainer VARCHAR(64), PRIMARY KEY (id),"
        " CONSTRAINT ux_lesson_from UNIQUE (group_class, from_at),"
        " FOREIGN KEY(group_class) REFERENCES group_class (id))"
    )
    op.execute(
        "CREATE TABLE purchase_order ("
        "id VARCHAR(64) NOT NULL, account VARCHAR(64) NOT NULL, number VARCHAR(120) NOT NULL,"
        " ceiling_cents BIGINT NOT NULL, from_at BIGINT NOT NULL, made_by VARCHAR(64) NOT NULL,"
        " warned_percent INTEGER NOT NULL, PRIMARY KEY (id), FOREIGN KEY(account) REFERENCES account (id))"
    )
    op.execute("CREATE INDEX ix_purchase_order_account ON purchase_order (account, from_at)")
