"""The schema, step by step; `store.migrate` applies it."""
