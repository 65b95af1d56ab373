"""The /v1/usage endpoint."""
