"""What can be sent: one `TypedDict` for each JSON object."""
