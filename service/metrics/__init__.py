"""Metrics of all processes of the service."""
