"""One answer about a job, as it is sent, fresh or stale."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from store.ids import ProjectId
from store.jobs.states import TERMINAL

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, kw_only=True)
class JobSnapshot:
    """A job as it is sent. `version` is the part of the validator that changes only when the job has news."""

    project: ProjectId
    state: str
    last_event: int
    version: str
    etag: str
    headers: dict[str, str]
    body: bytes

    @property
    def has_ended(self) -> bool:
        """Return whether the job is in a final state."""
        return self.state in TERMINAL

    def has_changed_since(self, etags: Sequence[str]) -> bool:
        """Return whether there is news for a client that knows these validators; always true once the job has ended."""
        return self.has_ended or not any(etag.startswith(self.version) for etag in etags)

    @property
    def is_queued(self) -> bool:
        """Return whether the answer contains a queue position, which other jobs can change."""
        return self.state == "queued"

    def stale(self, age_seconds: float) -> "JobSnapshot":
        """Return the same answer, marked as one that could not be checked because the database cannot be reached."""
        marks = {"Age": str(max(round(age_seconds), 0)), "Warning": '110 - "Response is Stale"'}
        return replace(self, headers={**self.headers, **marks})

    @cached_property
    def raw_headers(self) -> RawHeaders:
        """Return the headers of a 304 as bytes, which are the same at every poll."""
        return [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]

    @cached_property
    def raw_headers_with_body(self) -> RawHeaders:
        """Return the headers of a 200 as bytes."""
        length = str(len(self.body)).encode()
        return [*self.raw_headers, (b"content-length", length), (b"content-type", b"application/json")]
