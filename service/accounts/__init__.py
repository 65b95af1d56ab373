"""Use cases of administrators: projects, keys, usage, deletions."""
