"""The /v1/keys endpoints."""
