"""The /v1/deletions endpoints."""
