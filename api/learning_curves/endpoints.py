"""/v1/jobs/{id}/learning-curve: start, read, cancel and delete the learning curve of a job."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from api.dependencies import AppServices, Reader, Writer
from api.http.audited import audited
from api.http.errors import JobUnfinished, LearningCurveExists, ModelInUse, NotFound, QuotaExceeded
from api.http.idempotency import Idempotent, run_idempotently
from api.http.requests.json_body import JsonRoute
from api.learning_curves.schemas import LearningCurveView
from api.openapi.declarations import declare
from service.learning_curves import actions, submission
from service.learning_curves.curve import read_curve
from service.learning_curves.learning_curve_request import LearningCurveRequest
from store.accounts.idempotency import Answer
from store.db.transaction import Tx, snapshot
from store.ids import ProjectId

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=JsonRoute)

PATH = "/{job_id}/learning-curve"
STARTS = declare(status=201, headers=["Retry-After"], problems=[NotFound, LearningCurveExists, QuotaExceeded])
RETRY_SECONDS = "1"


@router.post(PATH, status_code=201, response_model=LearningCurveView, **STARTS)
def start_learning_curve(
    job_id: str, body: LearningCurveRequest, services: AppServices, caller: Writer, keyed: Idempotent
) -> Response:
    """Find out whether more data would help: train on growing parts of the rows.

    Queues jobs with the spec of this one, which learn from random parts of its training rows and are evaluated on the
    same rows as it is. A power law through their scores says what twice and ten times the rows would bring.
    """

    def start(tx: Tx) -> Answer:
        submission.start(tx, services.limits, caller.project, job_id, body)
        return _answer(tx, caller.project, job_id, status=201)

    return run_idempotently(services.sessions, caller, keyed, start)


@router.get(PATH, response_model=LearningCurveView, **declare(headers=["Retry-After"]))
def get_learning_curve(job_id: str, services: AppServices, caller: Reader) -> Response:
    """Return the learning curve of a job as far as its jobs have ended, with what it says of more rows."""
    with snapshot(services.sessions) as tx:
        answer = _answer(tx, caller.project, job_id)
    return JSONResponse(answer.body, headers=answer.headers)


@router.post(f"{PATH}/cancel", response_model=LearningCurveView, **declare(headers=["Retry-After"]))
def cancel_learning_curve(job_id: str, services: AppServices, caller: Writer, keyed: Idempotent) -> Response:
    """Cancel the jobs of the learning curve that have not ended. Those that have ended keep their scores."""

    def cancel(tx: Tx) -> Answer:
        actions.cancel(tx, caller.project, job_id)
        return _answer(tx, caller.project, job_id)

    return run_idempotently(services.sessions, caller, keyed, cancel)


@router.delete(PATH, status_code=204, **declare(status=204, problems=[JobUnfinished, ModelInUse]))
def delete_learning_curve(job_id: str, services: AppServices, caller: Writer) -> Response:
    """Permanently delete the learning curve of a job, with its jobs and their models. The job itself stays."""
    with audited(services.sessions, caller, job_id) as tx:
        actions.remove(tx, caller.project, job_id)
    return Response(status_code=204)


def _answer(tx: Tx, project: ProjectId, job_id: str, status: int = 200) -> Answer:
    view = LearningCurveView.of(read_curve(tx, project, job_id))
    headers = {"Location": f"/v1/jobs/{job_id}/learning-curve"} if status == 201 else {}
    waits = {} if view.state == "ended" else {"Retry-After": RETRY_SECONDS}
    return Answer(status=status, headers=headers | waits, body=view.as_json())
