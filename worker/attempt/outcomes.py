"""The ways in which an attempt at a job can end."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """Training ended with a model."""

    stop_reason: str
    model: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """All rows of a batch are answered; the blob is the result."""

    blob_id: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Canceled:
    """The owner canceled the job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """The owner paused the job. It resumes from the checkpoint just written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """The attempt could not continue here. The job resumes elsewhere from its checkpoint.

    `charged`: the job may be the cause, so the attempt counts toward its limit. `failure`: how the job ends if no
    attempt is left; by default, as one whose results the database rejects.
    """

    charged: bool = False
    failure: "Failed | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLost:
    """The worker stopped renewing its lease. `requested` is what the owner requested last."""

    requested: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The job cannot have a model. If training diverged, its last finite weights are kept."""

    code: str
    detail: str
    more: dict[str, Any] | None = None
    stop_reason: str | None = None
    weights_blob_id: str | None = None

    @property
    def error(self) -> dict[str, Any]:
        """Return the error as the job shows it."""
        return {"code": self.code, "detail": self.detail, **(self.more or {})}


Outcome = Succeeded | Answered | Canceled | Paused | Interrupted | WorkerLost | Failed
