"""/v1/workers: which workers are alive, and what each runs."""

from fastapi import APIRouter

from api.dependencies import Admin, AppServices
from api.http.requests.query_parameters import KnownParametersRoute
from api.workers.schemas import WorkersView, WorkerView
from store.db.transaction import snapshot
from store.jobs import workers

router = APIRouter(prefix="/v1/workers", tags=["access"], route_class=KnownParametersRoute)


@router.get("")
def list_workers(services: AppServices, caller: Admin) -> WorkersView:
    """List the live workers and the jobs that they run."""
    with snapshot(services.sessions) as tx:
        live = workers.live(tx, workers.LIVE_HEARTBEATS * services.settings.heartbeat_seconds)
    return WorkersView(data=[WorkerView.of(worker, caller.administered) for worker in live])
