"""Receiving uploaded files: bodies, forms, gzip."""
