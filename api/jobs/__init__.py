"""The /v1/jobs endpoints."""
