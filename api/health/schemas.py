"""The answers of the probes."""

from typing import Literal

from pydantic import Field

from api.http.schemas import View


class HealthView(View):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class ReadinessView(View):
    """Whether the whole service can work."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, str] = Field(
        description="`ok`, or what is wrong, for database, broker, workers and, if it is used, object storage.",
        examples=[{"database": "ok", "broker": "ok", "workers": "ok"}],
    )
    reasons: list[str] = Field(description="What is wrong. Empty if the service is ready.")
    journal_mode: Literal["wal", "delete"] | None = Field(description="Of SQLite. Null on PostgreSQL.")
