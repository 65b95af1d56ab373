"""How much a project may keep."""

from api.http.errors import QuotaExceeded
from service.limits import ApiSettings
from store.artifacts import usage
from store.db.database import Sessions
from store.db.transaction import Tx, snapshot
from store.ids import ProjectId

RETRY_SECONDS = 30


def refuse_early(sessions: Sessions, limits: ApiSettings, project: ProjectId, more: int) -> None:
    """See that an upload of `more` bytes finds room, before they are stored; raises `QuotaExceeded`."""
    with snapshot(sessions) as tx:
        _check(tx, limits, project, more)


def check_storage(tx: Tx, limits: ApiSettings, project: ProjectId, more: int) -> None:
    """See that there is room, and will be until the transaction ends; raises `QuotaExceeded`."""
    usage.lock_uploads(tx, project)
    _check(tx, limits, project, more)


def _check(tx: Tx, limits: ApiSettings, project: ProjectId, more: int) -> None:
    used, quota = usage.uploaded_bytes(tx, project), limits.max_project_bytes
    if used + more > quota:
        detail = f"With these {more:,} bytes the project would keep {used + more:,} of {quota:,}; delete something."
        raise QuotaExceeded(detail, name="bytes", quota=quota, retry_seconds=RETRY_SECONDS)
