"""The OpenAPI document: what endpoints declare about themselves, and what follows from how they are built."""
