"""The pages of the service itself: /, /docs and /openapi.json."""
