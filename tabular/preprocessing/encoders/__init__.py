"""Encoders: from a table column to network inputs."""
