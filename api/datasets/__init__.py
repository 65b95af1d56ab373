"""The /v1/datasets endpoints."""
