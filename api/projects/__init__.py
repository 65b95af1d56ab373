"""The /v1/projects endpoints."""
