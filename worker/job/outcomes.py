"""How a worker's turn at a job can end; matched once, in the runner."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """Training ended with a model."""

    stop_reason: str
    model: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Canceled:
    """The owner asked for the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """The owner asked to go on later, from the checkpoint just written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """The worker has to stop, the job does not: it goes on elsewhere from its checkpoint.

    `charged`: the job may be to blame, and is not to come back for ever.
    """

    charged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The job cannot have a model; if it diverged, its last finite weights are kept."""

    code: str
    detail: str
    more: dict[str, Any] | None = None
    stop_reason: str | None = None
    weights_blob_id: str | None = None

    @property
    def error(self) -> dict[str, Any]:
        """The error as the job shows it."""
        return {"code": self.code, "detail": self.detail, **(self.more or {})}


Outcome = Succeeded | Canceled | Paused | Interrupted | Failed
