"""The /healthz and /readyz endpoints."""
