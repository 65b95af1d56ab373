"""The schema, step by step; `store.db.migrate` applies it."""
