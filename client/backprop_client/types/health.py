"""What the service answers: health."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Literal

from backprop_client.record import Record


class Health(Record):
    """The process is alive."""

    __slots__ = ()
    status: Literal["ok"]


class Readiness(Record):
    """Whether the whole service can work."""

    __slots__ = ()
    status: Literal["ready", "not_ready"]
    checks: dict[str, str]
    """`ok`, or what is wrong, for database, broker, workers and, if it is used, object storage."""
    reasons: list[str]
    """What is wrong. Empty if the service is ready."""
    journal_mode: Literal["wal", "delete"] | None
    """Of SQLite. Null on PostgreSQL."""
