"""Bank accounts, payouts, their runs and what is held back: none so far."""

from __future__ import annotations

from alembic import op

revision = "0044"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the same statements for both databases."""
    op.execute(
        "CREATE TABLE bank_account ("
        "holder VARCHAR(130) NOT NULL, sealed TEXT, changed_by VARCHAR(64) NOT NULL, changed_at BIGINT NOT NULL,"
        " PRIMARY KEY (holder))"
    )
    op.execute(
        "CREATE TABLE payout_run ("
        "id VARCHAR(64) NOT NULL, agreement VARCHAR(64) NOT NULL, day VARCHAR(10) NOT NULL, sealed_file TEXT NOT NULL,"
        " made_by VARCHAR(64) NOT NULL, made_at BIGINT NOT NULL, PRIMARY KEY (id),"
        " FOREIGN KEY(agreement) REFERENCES agreement (id))"
    )
    op.execute("CREATE INDEX ix_payout_run_agreement ON payout_run (agreement)")
    op.execute(
        "CREATE TABLE payout ("
        "id VARCHAR(64) NOT NULL, agreement VARCHAR(64) NOT NULL, run VARCHAR(64), party VARCHAR(120) NOT NULL,"
        " cents BIGINT NOT NULL, means VARCHAR(20) NOT NULL, state VARCHAR(10) NOT NULL, note VARCHAR(500) NOT NULL,"
        " made_by VARCHAR(64) NOT NULL, made_at BIGINT NOT NULL, settled_by VARCHAR(64), settled_at BIGINT,"
        " PRIMARY KEY (id), FOREIGN KEY(agreement) REFERENCES agreement (id),"
        " FOREIGN KEY(run) REFERENCES payout_run (id))"
    )
    op.execute("CREATE INDEX ix_payout_agreement ON payout (agreement, made_at)")
    op.execute(
        "CREATE TABLE payout_hold ("
        "agreement VARCHAR(64) NOT NULL, party VARCHAR(120) NOT NULL, reason VARCHAR(500) NOT NULL,"
        " made_by VARCHAR(64) NOT NULL, made_at BIGINT NOT NULL, PRIMARY KEY (agreement, party),"
        " FOREIGN KEY(agreement) REFERENCES agreement (id))"
    )
