"""The /v1/workers endpoint."""
