"""The /v1/weights endpoints."""
