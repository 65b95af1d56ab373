"""The version of this software."""

VERSION = "0.1.0"  # the same as in pyproject.toml
