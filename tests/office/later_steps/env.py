"""Run by alembic: steps of a fictional later version."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
