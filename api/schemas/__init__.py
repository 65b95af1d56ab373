"""What goes in and out, as Pydantic models: the OpenAPI document is made of these."""
