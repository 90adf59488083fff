"""The step that the fictional file is at."""

revision = "0000"
down_revision = None


def upgrade() -> None:
    """Nothing: it was run before the story begins."""
