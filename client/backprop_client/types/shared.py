"""What the service answers: shared."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from backprop_client.record import Record


class ServiceWarning(Record):
    """Something that differs from what you might expect, and how to change it."""

    __slots__ = ()
    code: str
    column: str | None
    detail: str
    fix: str | None
    row: int | None
    """The row of the file, counted from 1 below the header, if the warning is about one cell."""
