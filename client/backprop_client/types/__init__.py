"""What the service answers: one class for each JSON object, by resource."""
