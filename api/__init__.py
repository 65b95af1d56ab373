"""The HTTP layer: validate requests, call the use cases in `service`, and format responses."""
