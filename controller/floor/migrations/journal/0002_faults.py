"""Faults are found without reading the whole journal, so that a start knows them before a badge can be put anywhere."""

from __future__ import annotations

from alembic import op

revision = "journal_2"
down_revision = "journal_1"


def upgrade() -> None:
    """Index them."""
    op.execute("CREATE INDEX ix_fact_fault_raised ON fact (n) WHERE kind = 'fault_raised'")
