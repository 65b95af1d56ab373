"""/v1/usage: what a project used."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import AppServices, Reader
from api.http.errors import NotFound
from api.http.problems import invalid_request
from api.http.requests.query_parameters import KnownParametersRoute
from api.openapi.declarations import declare
from api.usage.schemas import UsagePageView, UsageView
from engine.errors import PointedProblem
from service.accounts.usage_reports import Group, day_number, grouped
from store.accounts import metering, projects
from store.accounts.keys import Caller
from store.db.transaction import Tx, snapshot
from store.ids import ProjectId

router = APIRouter(prefix="/v1/usage", tags=["access"], route_class=KnownParametersRoute)

DEFAULT_DAYS = 30
MAX_DAYS = 366
Day = Annotated[date | None, Query(ge=date(1970, 1, 1))]


@router.get("", **declare(problems=[NotFound]))
def get_usage(  # noqa: PLR0913, PLR0917 - the parameters of the request
    services: AppServices,
    caller: Reader,
    from_: Annotated[Day, Query(alias="from", description="The first day (UTC). Default: 30 days until `to`.")] = None,
    to: Annotated[Day, Query(description="The last day (UTC). Default: today.")] = None,
    group: Annotated[Group, Query(description="What to add up: each day, each month, or everything.")] = "day",
    project_id: Annotated[
        str | None,
        Query(max_length=48, description="Another project, or `all`. Needs an admin key of the default project."),
    ] = None,
) -> UsagePageView:
    """Return what the project used: CPU time, jobs, predicted rows, uploaded and stored bytes.

    It survives the deletion of jobs and data sets. Days without use are left out.
    """
    last = to or datetime.now(UTC).date()
    first = from_ or last - timedelta(days=DEFAULT_DAYS - 1)
    _check_period(first, last)
    days = day_number(first), day_number(last)
    with snapshot(services.sessions) as tx:
        totals = metering.totals(tx, _project(tx, caller, project_id), *days)
    return UsagePageView(data=[UsageView.of(report) for report in grouped(totals, group, *days)])


def _project(tx: Tx, caller: Caller, project_id: str | None) -> ProjectId | None:
    """Return the project to report on; None: all, deleted ones included. Raises `NotFound`."""
    if project_id == "all" and caller.is_operator:
        return None
    if project_id is None or project_id == caller.project:
        return caller.project
    return ProjectId(projects.get(tx, caller.administered, project_id).id)


def _check_period(first: date, last: date) -> None:
    days = (last - first).days + 1
    if days < 1:
        raise invalid_request([PointedProblem(pointer="query from", detail="It is after `to`. Exchange them.")])
    if days > MAX_DAYS:
        detail = f"The period has {days} days; at most {MAX_DAYS} are allowed. Ask for each year."
        raise invalid_request([PointedProblem(pointer="query from", detail=detail)])
