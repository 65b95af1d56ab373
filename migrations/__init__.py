"""The database schema as Alembic migrations; `store.db.migrate` applies them."""
