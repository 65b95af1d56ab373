"""/v1/audit: who did what, when and from where."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.audit.schemas import ActorType, AuditEntryView, Outcome
from api.dependencies import Admin, AppServices
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.requests.list_filters import CreatedAfter, Timestamp, milliseconds
from api.http.requests.query_parameters import KnownParametersRoute
from api.http.schemas import PageView
from store.accounts import audit
from store.accounts.audit import AuditFilters
from store.db.transaction import snapshot

router = APIRouter(prefix="/v1/audit", tags=["access"], route_class=KnownParametersRoute)

Text = Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00]*$")]


def audit_filters(  # noqa: PLR0913, PLR0917 - the parameters of the request
    operation: Annotated[Text, Query(description="Only this operation, such as create_job.")] = None,
    resource_id: Annotated[Text, Query(description="Only what was done to this job, data set, key, ….")] = None,
    key_id: Annotated[Text, Query(description="Only what was done with this key.")] = None,
    actor: Annotated[ActorType | None, Query(description="Only what actors of this type did.")] = None,
    outcome: Annotated[Outcome | None, Query(description="Only what succeeded, or only what was denied.")] = None,
    created_after: CreatedAfter = None,
    created_before: Annotated[
        Timestamp | None, Query(description="Only what was created before this time (RFC 3339).")
    ] = None,
) -> AuditFilters:
    """Return the filters of a request."""
    return AuditFilters(
        operation=operation,
        resource_id=resource_id,
        key_id=key_id,
        actor=actor,
        outcome=outcome,
        created_after=milliseconds(created_after),
        created_before=milliseconds(created_before),
    )


@router.get("")
def list_audit_entries(
    services: AppServices,
    caller: Admin,
    filters: Annotated[AuditFilters, Depends(audit_filters)],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> PageView[AuditEntryView]:
    """List who changed what and which requests were denied, newest first.

    Keys of the default project see all projects, and requests with invalid keys. Denied requests appear within five
    seconds.
    """
    with snapshot(services.sessions) as tx:
        page = audit.page_of(tx, caller.administered, filters, cursor, limit)
    return PageView.of(page, AuditEntryView.of)
