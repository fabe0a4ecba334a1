"""Alembic's entry: run migrations on the connection that `store.migrate` hands over."""

from alembic import context

from verascope.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=False)
# The transaction is the caller's: either all of a migration is there afterwards, or nothing.
context.run_migrations()
