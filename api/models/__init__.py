"""The /v1/models endpoints."""
