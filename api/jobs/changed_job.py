"""The job that a request changes, and how: idempotently, and only in the version that the client has seen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Response

from api.dependencies import AppServices, Writer
from api.http.idempotency import Idempotent, KeyedRequest, run_idempotently
from api.http.preconditions import IfMatch, Precondition
from api.jobs.job_response import job_response
from service.bootstrap import Services
from store.accounts.idempotency import Answer
from store.accounts.keys import Caller
from store.db.transaction import Tx
from store.ids import ProjectId
from store.jobs import jobs
from store.tables import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChange:
    """A request for an action on a job."""

    id: str
    services: Services
    caller: Caller
    keyed: KeyedRequest | None
    if_match: Precondition

    @property
    def project(self) -> ProjectId:
        """Return the project of the caller."""
        return self.caller.project

    def act(self, action: Callable[[Tx], Job], *, creates: bool = False) -> Response:
        """Answer with the job that the action returns: the changed one, or one that it `creates`."""

        def answer(tx: Tx) -> Answer:
            check_version(tx, self.project, self.id, self.if_match)
            response = job_response(tx, action(tx))
            return response.created() if creates else response.updated()

        return run_idempotently(self.services.sessions, self.caller, self.keyed, answer)


def job_change(job_id: str, services: AppServices, caller: Writer, keyed: Idempotent, if_match: IfMatch) -> JobChange:
    """Return the change that a request asks for."""
    return JobChange(id=job_id, services=services, caller=caller, keyed=keyed, if_match=if_match)


ChangedJob = Annotated[JobChange, Depends(job_change)]


def check_version(tx: Tx, project: ProjectId, job_id: str, if_match: Precondition) -> None:
    """Raise `PreconditionFailed` if the job has changed. The queue position in an ETag does not count as a change."""
    if if_match.names_versions:
        job = jobs.get(tx, project, job_id, lock="exclusive")
        if_match.check(lambda tag: tag.startswith(f'"{job.version}-'))
