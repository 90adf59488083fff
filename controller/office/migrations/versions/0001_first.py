"""The first tables and the triggers of the ledger, from the frozen statements beside this file."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything; statements are separated by an empty line."""
    dialect = op.get_context().dialect.name
    statements = Path(__file__).with_name(f"0001_first.{dialect}.sql").read_text(encoding="utf-8")
    connection = op.get_bind()
    for statement in statements.strip().split("\n\n"):
        connection.exec_driver_sql(statement)
