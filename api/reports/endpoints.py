"""/v1/jobs/{id}/report: what a job learned, how, and what that cost, for programs and for people."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.dependencies import AppServices, Reader
from api.http.requests.json_body import JsonRoute
from api.openapi.declarations import declare
from api.pages.negotiation import HTML, page_or_json
from api.reports.page import STYLE, report_page
from api.reports.schemas import ReportView
from service.reports.report import read_report
from store.db.transaction import snapshot

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=JsonRoute)

DOCUMENT = declare(accepts=["If-None-Match"], headers=["ETag"], media=HTML)


@router.get("/{job_id}/report", response_model=ReportView, **DOCUMENT)
def get_report(
    job_id: str,
    request: Request,
    services: AppServices,
    caller: Reader,
    *,
    embedded: Annotated[bool, Query(include_in_schema=False)] = False,  # for the dashboard
) -> Response:
    """Return the training report: data, course, result and cost of a job, and how the network learned.

    It covers what is known so far of a job that has not ended; `missing` names the parts that are not known and why.
    With `Accept: text/html`, it is a page that contains everything it needs. It can be saved, printed and passed on.
    """
    with snapshot(services.sessions) as tx:
        report = ReportView.of(read_report(tx, caller.project, job_id))
    name = f"{job_id}-report.html"
    return page_or_json(request, report, lambda: report_page(report, embedded=embedded), filename=name, style=STYLE)
