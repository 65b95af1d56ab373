"""The /v1/jobs/{id}/events endpoint."""
