"""Messages to people: nobody has asked for any so far."""

from __future__ import annotations

from alembic import op

revision = "0059"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the same statements for both databases."""
    op.execute(
        "CREATE TABLE message_wish ("
        "account VARCHAR(64) NOT NULL, email TEXT, ntfy TEXT, subjects VARCHAR(500) NOT NULL, set_at BIGINT NOT NULL,"
        " PRIMARY KEY (account), FOREIGN KEY(account) REFERENCES web_account (id))"
    )
    op.execute(
        "CREATE TABLE message_out ("
        "account VARCHAR(64) NOT NULL, channel VARCHAR(10) NOT NULL, key VARCHAR(200) NOT NULL,"
        " subject VARCHAR(20) NOT NULL, about TEXT NOT NULL, state VARCHAR(10) NOT NULL, tries INTEGER NOT NULL,"
        " created_at BIGINT NOT NULL, next_at BIGINT NOT NULL, until_at BIGINT NOT NULL,"
        " PRIMARY KEY (account, channel, key), FOREIGN KEY(account) REFERENCES web_account (id))"
    )
    op.execute("CREATE INDEX ix_message_out_state ON message_out (state, next_at)")
