"""What Alembic runs for every command: the steps, on the connection that core.store.migrate holds the lock with."""

from alembic import context

from core.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
