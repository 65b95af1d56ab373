"""The /v1/audit endpoint."""
